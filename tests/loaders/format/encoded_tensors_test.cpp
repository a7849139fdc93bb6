// Covers decode_codebook, decode_slice, decode_sparse, decode_tensors, encode_sparse, encode_tensors, encoded_pieces,
// encodings_json, sparse_places, tensor_encoding.
// Tensors that a file holds otherwise than as they are. The digest in each file is that of the dense file, so that
// loading it compares every bit.
#include "loaders/format/sparse_places.h"
#include "tests/loaders/format/encoded_file.h"
#include "tests/support/support.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string_view>

using namespace dyce;
using namespace dyce::test;

namespace {

const Json kShape = {4, 3, 3, 3};

// Writes, loads, and compares with the dense tensor.
std::shared_ptr<const ModelData> check_decoded(const EncodedFile& file, const std::string& path) {
    file.parts.write(path);
    auto model = load_model(path);
    for (const Value& value : model->last().graph.values)
        if (value.name == kEncoded) {
            REQUIRE(value.constant->type() == file.dense.type());
            CHECK(std::memcmp(value.constant->bytes(), file.dense.bytes(), file.dense.byte_size()) == 0);
        }
    return model;
}

const Tensor& weights_of(const ModelData& model, std::string_view name) {
    for (const Value& value : model.last().graph.values)
        if (value.name == name) return *value.constant;
    throw std::runtime_error("no " + std::string(name));
}

}  // namespace

TEST_CASE("encoded tensors: each encoding gives the dense file's numbers and digest") {
    const TempFolder folder;
    const std::string path = folder / "m.safetensors";
    SUBCASE("mask over float32") {
        EncodedFile file(path);
        file.add("m", bytes_tensor(file.mask));
        file.add("v", floats_tensor(file.values));
        file.encode(kEncoded, {{"as", "mask"}, {"values", "v"}, {"mask", "m"}, {"shape", kShape}});
        check_decoded(file, path);
    }
    SUBCASE("mask over integers, scales bfloat16") {
        EncodedFile file(path);
        file.encode_by_mask();
        check_decoded(file, path);
    }
    SUBCASE("gaps over bfloat16") {
        EncodedFile file(path);
        file.add("g", bytes_tensor(file.gaps));
        file.add("v", floats_tensor(file.values), "BF16");
        file.encode(kEncoded, {{"as", "gaps"}, {"values", "v"}, {"gaps", "g"}, {"shape", kShape}});
        check_decoded(file, path);
    }
    SUBCASE("codebook") {
        EncodedFile file(path);
        Tensor codes(DataType::kUint8, file.dense.shape());
        for (std::int64_t i = 0; i < codes.elements(); ++i)
            codes.mutable_data<std::uint8_t>()[i] =
                static_cast<std::uint8_t>(i % 7);  // as tiny_model() has it
        file.add("c", codes);
        file.add("b", floats_tensor({-0.5f, -0.25f, 0.f, 0.25f, 0.5f, 0.75f, 1.f}));
        file.encode(kEncoded, {{"as", "codebook"}, {"codes", "c"}, {"book", "b"}});
        check_decoded(file, path);
    }
    SUBCASE("slice of wider integers") {
        EncodedFile file(path);
        Tensor wide(DataType::kUint8, {5, 4, 3, 4});
        for (std::int64_t i = 0; i < wide.elements(); ++i) wide.mutable_data<std::uint8_t>()[i] = 99;
        std::int64_t from = 0;
        for (int a = 0; a < 4; ++a)
            for (int b = 0; b < 3; ++b)
                for (int c = 0; c < 3; ++c)
                    for (int d = 0; d < 3; ++d)
                        wide.mutable_data<std::int8_t>()[((a * 4 + b) * 3 + c) * 4 + d] =
                            static_cast<std::int8_t>(file.dense.data<float>()[from++] * 4);
        file.add("w", wide, "I8");
        file.add("s", floats_tensor({0.25f, 0.25f, 0.25f, 0.25f}));
        file.encode(kEncoded, {{"as", "slice"}, {"of", "w"}, {"shape", kShape}, {"scale", "s"}});
        check_decoded(file, path);
    }
}

TEST_CASE("encoded tensors: the same tensor twice lies in the file and in memory once") {
    const TempFolder folder;
    const std::string path = folder / "m.safetensors", again = folder / "again.safetensors";
    ModelData model = tiny_model();
    Graph& graph = model.members[0].graph;
    // conv1 twice, added up.
    const ValueId twin = graph.add_value("twin.weight", graph.value(graph.nodes[0].inputs[1]).constant);
    const ValueId other = graph.add_value("conv1b"), sum = graph.add_value("sum");
    Node second = graph.nodes[0], add;
    second.name = "conv1b";
    second.inputs[1] = twin;
    second.outputs = {other};
    add.spec = find_op("Add");
    add.name = "sum";
    add.inputs = {graph.nodes[0].outputs[0], other};
    add.outputs = {sum};
    graph.nodes[1].inputs[0] = sum;
    graph.nodes.insert(graph.nodes.begin() + 1, {second, add});
    save_model(path, model);
    const std::string digest = load_model(path)->digest;
    TensorStorage same;
    same.kind = TensorStorage::Kind::kSame;
    same.of = kEncoded;
    model.members[0].storages["twin.weight"] = same;
    save_model(path, model);
    CHECK(Safetensors::open(path).entries().count("twin.weight") == 0);
    const auto loaded = load_model(path);
    CHECK(loaded->digest == digest);
    CHECK(weights_of(*loaded, "twin.weight").bytes() == weights_of(*loaded, kEncoded).bytes());
    save_model(again, *loaded);
    CHECK(read_file(again) == read_file(path));
    // One that has become another is written as it is.
    ModelData changed = *loaded;
    for (Value& value : changed.members[0].graph.values)
        if (value.name == "twin.weight") value.constant->mutable_data<float>()[0] += 1;
    save_model(again, changed);
    CHECK(Safetensors::open(again).entries().count("twin.weight") == 1);
}

TEST_CASE("encoded tensors: what a model asks for is written, read and written again, byte for byte") {
    const TempFolder folder;
    const std::string path = folder / "m.safetensors", again = folder / "again.safetensors";
    ModelData model = tiny_model();
    save_model(path, model);
    const std::string dense = load_model(path)->digest;
    Member& member = model.members[0];
    for (const bool integers : {false, true}) {
        CAPTURE(integers);
        member.storages = {{"conv1.weight", {}}, {"conv2.weight", {}}, {"conv2.bias", {}}, {"nothing", {}}};
        member.storages["conv2.bias"].kind = TensorStorage::Kind::kNarrow;
        if (integers) {
            member.storages["conv1.weight"].scale = Tensor::of({4}, {0.25f, 0.125f, 0.25f, 0.0625f});
            member.storages["conv2.weight"].scale = Tensor::of({5}, {0.25f, 0.25f, 0.25f, 0.25f, 0.25f});
        }
        save_model(path, model);
        const Safetensors file = Safetensors::open(path);
        CHECK(file.entries().count("conv1.weight") == 0);
        CHECK(file.entries().at("conv2.bias").element->safetensors == "BF16");
        CHECK(file.entries().at("mask").shape == Shape{14 + 40});
        CHECK(file.entries().at(integers ? "values.i8" : "values.bf16").shape == Shape{92 + 274});
        CHECK(size_of_model(model).all() == std::filesystem::file_size(path));
        const auto loaded = load_model(path);
        CHECK(loaded->digest == dense);
        save_model(again, *loaded);
        CHECK(read_file(again) == read_file(path));
        ModelData expanded = *loaded;
        expanded.members[0].storages.clear();
        save_model(again, expanded);
        CHECK(load_model(again)->digest == dense);
        CHECK(Safetensors::open(again).metadata().count("dyce.tensors") == 0);
    }
    // A scale that does not give a number again: the tensor is written as it is.
    member.storages = {{"conv1.weight", {}}};
    member.storages["conv1.weight"].scale = Tensor::of({4}, {0.25f, 0.3f, 0.25f, 0.25f});
    save_model(path, model);
    CHECK(Safetensors::open(path).entries().count("conv1.weight") == 1);
    CHECK(load_model(path)->digest == dense);
}

TEST_CASE("encoded tensors: few numbers are stored by the runs between them") {
    const TempFolder folder;
    const std::string path = folder / "m.safetensors";
    ModelData model = tiny_model();
    Member& member = model.members[0];
    for (Value& value : member.graph.values)
        if (value.name == "conv2.weight") {  // 320 numbers, of which two are left, 299 zeros between them
            float* numbers = value.constant->mutable_data<float>();
            for (std::int64_t i = 0; i < 320; ++i) numbers[i] = i == 3 ? 1.f : i == 303 ? 2.f : 0.f;
        }
    member.storages = {{"conv2.weight", {}}};
    save_model(path, model);
    const Safetensors file = Safetensors::open(path);
    const auto gaps = file.bytes(file.entries().at("gaps"));
    const std::vector<int> expected = {3, 255, 44, 16};
    REQUIRE(gaps.size() == expected.size());
    for (std::size_t i = 0; i < gaps.size(); ++i) CHECK(std::to_integer<int>(gaps[i]) == expected[i]);
    const auto loaded = load_model(path);
    const Tensor& weights = weights_of(*loaded, "conv2.weight");
    CHECK(weights.data<float>()[3] == 1);
    CHECK(weights.data<float>()[303] == 2);
}

TEST_CASE("encoded tensors: runs of every length around 255 come back") {
    for (std::size_t count : {1u, 7u, 8u, 9u, 254u, 255u, 256u, 510u, 511u, 766u})
        for (std::size_t only : {std::size_t{0}, count / 2, count - 1, count}) {
            CAPTURE(count);
            CAPTURE(only);
            const auto gaps = gaps_of(count, [&](std::size_t i) { return i == only; });
            const auto mask = mask_of(count, [&](std::size_t i) { return i == only; });
            CHECK(mask.size() == (count + 7) / 8);
            std::vector<std::size_t> by_gaps, by_mask;
            CHECK(visit_gaps(gaps, count, [&](std::size_t i) { by_gaps.push_back(i); }) == gaps.size());
            visit_mask(mask, count, [&](std::size_t i) { by_mask.push_back(i); });
            const std::vector<std::size_t> expected =
                only < count ? std::vector{only} : std::vector<std::size_t>();
            CHECK(by_gaps == expected);
            CHECK(by_mask == expected);
        }
}
