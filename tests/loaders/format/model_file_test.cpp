// Covers attributes_json, element, exits_json, graph_json, member_file, preprocess_json, storage, within.
#include "loaders/format/model_file.h"
#include "loaders/format/attributes_json.h"
#include "loaders/image/presets.h"
#include "models/backbones.h"
#include "tests/loaders/format/refusal.h"
#include "tests/loaders/format/tiny_model.h"
#include "tests/support/support.h"

#include <cmath>
#include <limits>
#include <string>

using namespace dyce;
using namespace dyce::test;

TEST_CASE("model file: what is saved is loaded, as views of the file") {
    TempFolder folder;
    const std::string path = folder / "tiny.safetensors";
    const ModelData model = tiny_model();
    save_model(path, model);
    const auto loaded = load_model(path);

    CHECK(loaded->last().architecture == "tiny");
    CHECK(loaded->labels == model.labels);
    CHECK(loaded->last().preprocess == model.members[0].preprocess);
    CHECK(loaded->last().parameters == 433);
    CHECK(loaded->classes == 5);
    CHECK(loaded->last().macs == 4 * 4 * 4 * 27 + 5 * 64);
    CHECK(loaded->digest.size() == 32);
    CHECK(loaded->digest != loaded->preprocess_digest);

    const Graph& graph = loaded->last().graph;
    REQUIRE(graph.nodes.size() == model.members[0].graph.nodes.size());
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
        const Node& a = model.members[0].graph.nodes[i];
        const Node& b = graph.nodes[i];
        CHECK(a.spec == b.spec);
        CHECK(a.name == b.name);
        CHECK(a.attributes == b.attributes);
        REQUIRE(a.inputs.size() == b.inputs.size());
        for (std::size_t k = 0; k < a.inputs.size(); ++k)
            CHECK(model.members[0].graph.value(a.inputs[k]).name == graph.value(b.inputs[k]).name);
    }
    CHECK(graph.value(graph.outputs.at(0)).name == "logits");
    CHECK(graph.inputs.at(0).type == model.members[0].graph.inputs.at(0).type);
    for (const Value& value : graph.values)
        if (value.name == "conv2.weight")
            CHECK(reinterpret_cast<std::uintptr_t>(value.constant->bytes()) % 64 == 0);
}

TEST_CASE("model file: scales are kept to the last bit, and the digest tells them") {
    const TempFolder folder;
    const std::string path = folder / "tiny.safetensors";
    ModelData model = tiny_model();
    save_model(path, model);
    const std::string plain = load_model(path)->digest;
    Graph& graph = model.members[0].graph;
    const Quantization of_input{0.1f / 3, true}, of_relu{Quantization::kLeastScale, false};
    graph.value(graph.inputs[0].value).quantization = of_input;
    graph.value(graph.nodes[1].outputs[0]).quantization = of_relu;
    save_model(path, model);
    const auto loaded = load_model(path);
    for (const Value& value : loaded->last().graph.values) {
        CAPTURE(value.name);
        if (value.name == "input")
            CHECK(value.quantization == of_input);
        else if (value.name == "relu")
            CHECK(value.quantization == of_relu);
        else
            CHECK_FALSE(value.quantization.has_value());
    }
    CHECK(loaded->digest != plain);
    graph.value(graph.nodes[1].outputs[0]).quantization->is_signed = true;
    save_model(path, model);
    CHECK(load_model(path)->digest != loaded->digest);
}

TEST_CASE("model file: real networks survive, with all their operators and attributes") {
    TempFolder folder;
    const std::string path = folder / "net.safetensors";
    for (const char* name : {"cifar_resnet20", "mobilenet_v3_small", "convnextv2_atto"}) {
        CAPTURE(std::string(name));
        const Backbone& backbone = find_backbone(name);
        const auto zeros = [](const std::string&, const Shape& shape) {
            return Tensor(DataType::kFloat32, shape);
        };
        ModelData model;
        model.members.resize(1);
        model.members[0].architecture = name;
        model.members[0].graph = build_backbone(backbone, zeros, 10, backbone.input());
        model.members[0].preprocess = preset(std::string(backbone.preset));
        save_model(path, model);
        const auto loaded = load_model(path);
        CHECK(loaded->classes == 10);
        CHECK(loaded->last().macs == count_macs(model.members[0].graph));
        REQUIRE(loaded->last().graph.nodes.size() == model.members[0].graph.nodes.size());
        for (std::size_t i = 0; i < model.members[0].graph.nodes.size(); ++i) {
            CHECK(loaded->last().graph.nodes[i].spec == model.members[0].graph.nodes[i].spec);
            CHECK(loaded->last().graph.nodes[i].attributes == model.members[0].graph.nodes[i].attributes);
        }
    }
}

TEST_CASE("model file: the same model gives the same bytes, also after loading") {
    TempFolder folder;
    save_model(folder / "a.safetensors", tiny_model());
    save_model(folder / "b.safetensors", *load_model(folder / "a.safetensors"));
    CHECK(read_file(folder / "a.safetensors") == read_file(folder / "b.safetensors"));
}

TEST_CASE("model file: digests name the content, and nothing else") {
    TempFolder folder;
    const std::string path = folder / "m.safetensors";
    const auto digests = [&](const auto& change) {
        ModelData model = tiny_model();
        change(model);
        save_model(path, model);
        const auto loaded = load_model(path);
        return std::pair(loaded->digest, loaded->preprocess_digest);
    };
    const auto base = digests([](ModelData&) {});
    CHECK(digests([](ModelData& m) { m.labels.clear(); }) == base);
    CHECK(digests([](ModelData& m) { m.digest = m.preprocess_digest = "ignored"; }) == base);
    const auto mean = digests([](ModelData& m) { m.members[0].preprocess.mean[0] = 0.5f; });
    CHECK(mean.first == base.first);
    CHECK(mean.second != base.second);
    const ModelData original = tiny_model();
    for (const Value& value : original.members[0].graph.values) {
        if (!value.constant) continue;
        const auto weight = digests([&](ModelData& m) {
            for (Value& v : m.members[0].graph.values)
                if (v.name == value.name) v.constant->mutable_data<float>()[0] += 1;
        });
        CHECK(weight.first != base.first);
        CHECK(weight.second == base.second);
    }
    CHECK(digests([](ModelData& m) { m.members[0].graph.nodes[1].name = "other"; }).first != base.first);

    // Spaces and the order of keys are not content.
    save_model(path, tiny_model());
    ModelParts parts(path);
    for (const char* key : {"dyce.graph", "dyce.preprocess"})
        parts.metadata[key] = parse_json(parts.metadata[key], key).dump(2);
    parts.metadata["format"] = "pt";
    parts.write(path);
    CHECK(load_model(path)->digest == base.first);
}

TEST_CASE("model file: attributes of every kind survive, infinities included") {
    const Attributes attributes = {{"int", std::numeric_limits<std::int64_t>::min()},
                                   {"float", 1e-5f},
                                   {"low", -std::numeric_limits<float>::infinity()},
                                   {"high", std::numeric_limits<float>::infinity()},
                                   {"text", std::string("a\"b")},
                                   {"ints", std::vector<std::int64_t>{}},
                                   {"floats", std::vector<float>{1, 0.1f}}};
    const AttributeSpec specs[] = {{"int", AttributeKind::kInt},      {"float", AttributeKind::kFloat},
                                   {"low", AttributeKind::kFloat},    {"high", AttributeKind::kFloat},
                                   {"text", AttributeKind::kString},  {"ints", AttributeKind::kInts},
                                   {"floats", AttributeKind::kFloats}};
    OpSpec spec{.name = "Test", .attributes = specs};
    CHECK(attributes_from_json(JsonField(attributes_to_json(attributes), "x"), spec) == attributes);
}

TEST_CASE("model file: a model that would not load is not saved") {
    TempFolder folder;
    const std::string path = folder / "m.safetensors";
    const auto refused = [&](const auto& change, const std::string& piece) {
        ModelData model = tiny_model();
        change(model);
        check_refused([&] { save_model(path, model); }, ErrorCode::kContent, piece);
        CHECK(!std::filesystem::exists(path));
    };
    refused([](ModelData& m) { m.labels.pop_back(); }, "dyce.labels: 4 labels for 5 classes");
    refused([](ModelData& m) { m.labels[0] = "\xff"; }, "is not printable UTF-8");
    refused([](ModelData& m) { m.members[0].preprocess.std[2] = 0; }, "dyce.preprocess");
    refused([](ModelData& m) { m.members[0].graph.values[1].constant->mutable_data<float>()[0] = NAN; },
            "must be finite");
    refused([](ModelData& m) { m.members[0].graph.nodes[0].inputs[0] = 99; }, "out of range");
}

TEST_CASE("model file: weights stored as bfloat16 are rounded to the nearest, ties to even, and stay so") {
    TempFolder folder;
    const std::string path = folder / "narrow.safetensors";
    ModelData model = tiny_model();
    Member& member = model.members[0];
    member.storage = Precision::kBfloat16;
    // 1 + 2^-8 lies between 1 and 1 + 2^-7, 1 + 3 * 2^-8 between that and 1 + 2^-6: ties.
    const std::pair<float, float> kRounded[] = {
        {1.00390625f, 1.f}, {1.01171875f, 1.015625f}, {1.005f, 1.0078125f}, {-3.0001f, -3.f}, {0.25f, 0.25f}};
    for (Value& value : member.graph.values) {
        if (value.name != "conv2.weight" && value.name != "conv2.bias") continue;
        for (std::size_t i = 0; i < std::size(kRounded); ++i)
            value.constant->mutable_data<float>()[i] = kRounded[i].first;
    }
    save_model(path, model);
    const Safetensors file = Safetensors::open(path);
    CHECK(file.bytes(file.entries().at("conv2.weight")).size() == 5 * 64 * 2);
    CHECK(file.bytes(file.entries().at("conv2.bias")).size() == 5 * 4);

    const auto loaded = load_model(path);
    CHECK(loaded->last().storage == Precision::kBfloat16);
    for (const Value& value : loaded->last().graph.values)
        for (std::size_t i = 0; i < std::size(kRounded); ++i) {
            if (value.name == "conv2.weight") CHECK(value.constant->data<float>()[i] == kRounded[i].second);
            if (value.name == "conv2.bias") CHECK(value.constant->data<float>()[i] == kRounded[i].first);
        }
    save_model(folder / "again.safetensors", *loaded);
    CHECK(read_file(folder / "again.safetensors") == read_file(path));

    // The digest speaks of the numbers, not of how they are stored.
    ModelData wide = *loaded;
    wide.members[0].storage = Precision::kFloat32;
    save_model(folder / "wide.safetensors", wide);
    CHECK(load_model(folder / "wide.safetensors")->digest == loaded->digest);
}
