#include "loaders/import/state_dict.h"

#include "loaders/format/safetensors.h"
#include "models/backbones.h"
#include "tests/loaders/format/bytes.h"
#include "tests/loaders/format/refusal.h"
#include "tests/models/random_parameters.h"
#include "tests/support/support.h"

#include <doctest/doctest.h>

#include <cstring>
#include <limits>
#include <map>

using namespace dyce;

namespace {

using Weights = std::map<std::string, Tensor>;

/// Everything `architecture` needs, as PyTorch would save it.
Weights weights_of(const std::string& architecture, int classes) {
    Weights weights;
    const auto random = test::random_parameters(5);
    const auto keep = [&](const std::string& name, const Shape& shape) {
        return weights[name] = random(name, shape);
    };
    const Backbone& backbone = find_backbone(architecture);
    build_backbone(backbone, keep, classes, backbone.input());
    return weights;
}

Weights with_prefix(const std::string& prefix, const Weights& weights) {
    Weights result;
    for (const auto& [name, tensor] : weights) result[prefix + name] = tensor;
    return result;
}

bool same_values(const Tensor& a, const Tensor& b) {
    return a.type() == b.type() && std::memcmp(a.bytes(), b.bytes(), a.byte_size()) == 0;
}

/// The graph's constants are exactly `weights`, under their names.
void check_constants(const Graph& graph, const Weights& weights) {
    std::size_t constants = 0;
    for (const Value& value : graph.values) {
        if (!value.constant) continue;
        ++constants;
        CAPTURE(value.name);
        REQUIRE(weights.count(value.name) == 1);
        CHECK(same_values(*value.constant, weights.at(value.name)));
    }
    CHECK(constants == weights.size());
}

/// Writes `weights` and reads them back.
class Importer {
public:
    Graph operator()(const Weights& weights, const std::string& architecture = "cifar_resnet20") const {
        write_safetensors(path(), {}, weights);
        return import_state_dict(path(), architecture);
    }
    std::string path() const { return folder_ / "weights.safetensors"; }

private:
    test::TempFolder folder_;
};

}  // namespace

TEST_CASE("a state dict's tensors become the parameters; the classifier tells the classes") {
    const Importer import;
    const Weights weights = weights_of("cifar_resnet20", 7);
    const Graph graph = import(weights);
    check_constants(graph, weights);
    CHECK(infer_types(graph)[static_cast<std::size_t>(graph.outputs[0])].shape == Shape{1, 7});
}

TEST_CASE("images may have another size than the usual one") {
    const Importer import;
    (void)import(weights_of("cifar_resnet20", 7));
    const Graph graph = import_state_dict(import.path(), "cifar_resnet20", Shape{3, 40, 48});
    CHECK(graph.inputs[0].type.shape == Shape{1, 3, 40, 48});
}

TEST_CASE("common prefixes and batch counters are ignored") {
    const Importer import;
    const Weights weights = weights_of("cifar_resnet20", 7);
    for (const std::string prefix : {"module.", "model.", "state_dict.", "state_dict.model.module."}) {
        CAPTURE(prefix);
        Weights stored = with_prefix(prefix, weights);
        stored[prefix + "bn1.num_batches_tracked"] = Tensor::of_ints({3}).reshaped({});
        check_constants(import(stored), weights);
    }
}

TEST_CASE("a linear layer and a 1 x 1 convolution are the same weights") {
    const Importer import;
    const Weights weights = weights_of("cifar_resnet20", 7);
    Weights stored = weights;
    stored["linear.weight"] = stored["linear.weight"].reshaped({7, 64, 1, 1});
    check_constants(import(stored), weights);
}

TEST_CASE("bfloat16 weights are widened") {
    // A bfloat16 is the upper half of a float32.
    Weights weights = weights_of("cifar_resnet20", 7);
    std::string header;
    std::string data;
    for (auto& [name, tensor] : weights) {
        const std::size_t begin = data.size();
        auto* words = static_cast<std::uint32_t*>(tensor.mutable_bytes());
        for (std::int64_t i = 0; i < tensor.elements(); ++i) {
            words[i] &= 0xFFFF0000U;
            data += test::little(words[i] >> 16, 2);
        }
        std::string shape;
        for (std::int64_t dim : tensor.shape()) shape += (shape.empty() ? "" : ",") + std::to_string(dim);
        header += (header.empty() ? "{\"" : ",\"") + name + R"(":{"dtype":"BF16","shape":[)" + shape +
                  R"(],"data_offsets":[)" + std::to_string(begin) + "," + std::to_string(data.size()) + "]}";
    }
    const test::TempFolder folder;
    test::write_file(folder / "half.safetensors", test::container(header + "}", data));
    check_constants(import_state_dict(folder / "half.safetensors", "cifar_resnet20"), weights);
}

TEST_CASE("what only training needs is left out") {
    const Importer import;
    const Weights weights = weights_of("googlenet", 7);
    Weights stored = weights;
    stored["aux1.fc2.weight"] = Tensor(DataType::kFloat32, {7, 1024});
    stored["aux2.conv.bn.num_batches_tracked"] = Tensor::of_ints({3}).reshaped({});
    check_constants(import(stored, "googlenet"), weights);
    stored["aux3.fc2.weight"] = Tensor(DataType::kFloat32, {7, 1024});
    test::check_refused([&] { import(stored, "googlenet"); }, ErrorCode::kContent,
                        "weights of googlenet:\n  unexpected: 'aux3.fc2.weight' (7x1024)");
}

TEST_CASE("names that published files had first are known") {
    const Importer import;
    const Weights weights = weights_of("densenet121", 7);
    Weights stored;
    for (const auto& [name, tensor] : weights) {  // as densenet121-a639ec97.pth has them
        std::string old = name;
        for (const std::string part : {"norm", "conv"})
            for (const std::string number : {"1", "2"})
                if (const auto at = old.find("." + part + number + "."); at != old.npos)
                    old.replace(at, part.size() + 3, "." + part + "." + number + ".");
        stored[old] = tensor;
    }
    REQUIRE(stored.count("features.denseblock1.denselayer1.norm.1.weight") == 1);
    check_constants(import(stored, "densenet121"), weights);
    stored["features.denseblock1.denselayer1.norm1.weight"] = Tensor(DataType::kFloat32, {64});
    test::check_refused([&] { import(stored, "densenet121"); }, ErrorCode::kContent,
                        "\n  twice: features.denseblock1.denselayer1.norm1.weight is "
                        "'features.denseblock1.denselayer1.norm1.weight', too");
}

TEST_CASE("everything that does not fit is listed at once") {
    const Importer import;
    Weights weights = weights_of("cifar_resnet20", 7);
    weights.erase("bn1.bias");
    weights.erase("layer3.2.conv2.weight");
    weights["conv1.weight"] = Tensor(DataType::kFloat32, {16, 3, 5, 5});
    weights["bn1.weight"] = Tensor(DataType::kInt64, {16});
    weights["bn1.running_var"].mutable_data<float>()[3] = std::numeric_limits<float>::quiet_NaN();
    weights["fc.weight"] = Tensor(DataType::kFloat32, {7, 64});
    test::check_refused([&] { import(weights); }, ErrorCode::kContent,
                        import.path() +
                            ": not the weights of cifar_resnet20:\n"
                            "  wrong shape: conv1.weight is 16x3x5x5, expected 16x3x3x3\n"
                            "  wrong type: bn1.weight is I64, expected F32, F16, BF16 or F64\n"
                            "  missing: bn1.bias (16)\n"
                            "  not finite: bn1.running_var has a NaN or an infinity\n"
                            "  missing: layer3.2.conv2.weight (64x64x3x3)\n"
                            "  unexpected: 'fc.weight' (7x64)");
}

TEST_CASE("weights of another architecture are refused without making room for the right ones") {
    const Importer import;
    (void)import(weights_of("cifar_resnet20", 7));
    test::check_refused([&] { import_state_dict(import.path(), "resnet152"); }, ErrorCode::kContent,
                        "missing: layer4.2.bn3.running_var (2048)");
}

TEST_CASE("unusable classifiers, unknown architectures and pickles are refused") {
    const Importer import;
    Weights weights = weights_of("cifar_resnet20", 7);
    weights["linear.weight"] = Tensor(DataType::kFloat32, {});
    test::check_refused([&] { import(weights); }, ErrorCode::kContent,
                        "wrong shape: linear.weight is scalar");
    weights["linear.weight"] = Tensor(DataType::kFloat32, {0, 64});
    test::check_refused([&] { import(weights); }, ErrorCode::kContent, "wrong shape: linear.weight is 0x64");
    weights["linear.weight"] = Tensor(DataType::kFloat32, {100'001, 1});
    test::check_refused([&] { import(weights); }, ErrorCode::kResource,
                        "100001 classes, the limit is 100000");

    test::check_refused([&] { import_state_dict(import.path(), "resnet5"); }, ErrorCode::kUsage, "resnet50");
    test::write_file(import.path(), std::string("PK\3\4") + std::string(100, '\0'));
    test::check_refused([&] { import_state_dict(import.path(), "resnet50"); }, ErrorCode::kContent,
                        "safetensors.torch.save_file");
}
