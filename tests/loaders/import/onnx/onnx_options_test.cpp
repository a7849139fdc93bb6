// Covers input_types, side_file.
// What a caller may add to a file: shapes, bindings; what it can ask of one: inputs, outputs, stored tensors.
#include "loaders/import/onnx/onnx_import.h"
#include "tests/loaders/format/refusal.h"
#include "tests/loaders/import/onnx/onnx_builder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace dyce;
using namespace dyce::test;
using onnx::TensorProto;

namespace {

constexpr std::int64_t kOpen = -1;

OnnxBuilder relu(const OnnxDims& dims) {
    OnnxBuilder model(13);
    model.input("x", dims).output("y");
    model.node("Relu", {"x"}, {"y"});
    return model;
}

}  // namespace

TEST_CASE("open dimensions are completed by the caller") {
    const TempFolder folder;
    OnnxOptions options;
    options.input_shape = {3, 8, 6};
    const std::string open = relu({kOpen, 3, kOpen, kOpen}).save(folder, "open.onnx");
    CHECK(import_onnx(open, options).inputs[0].type.shape == Shape{1, 3, 8, 6});
    const std::string unknown = relu({}).save(folder, "unknown.onnx");
    CHECK(import_onnx(unknown, options).inputs[0].type.shape == Shape{1, 3, 8, 6});
    const std::string known = relu({1, 3, 8, 6}).save(folder, "known.onnx");
    CHECK(import_onnx(known, options).inputs[0].type.shape == Shape{1, 3, 8, 6});

    check_refused([&] { import_onnx(unknown); }, ErrorCode::kUsage, "unknown shape");
    options.input_shape = {4, 8, 6};
    check_refused([&] { import_onnx(open, options); }, ErrorCode::kUsage, "is ?x3x?x?, a dimension of 4");
    check_refused([&] { import_onnx(known, options); }, ErrorCode::kUsage, "is 1x3x8x6, a dimension of 4");
    options.input_shape = {3, 8};
    check_refused([&] { import_onnx(open, options); }, ErrorCode::kUsage, "2 dimensions do not complete it");

    options.batched = false;
    options.input_shape = {2, 3, 8, 6};
    CHECK(import_onnx(open, options).inputs[0].type.shape == Shape{2, 3, 8, 6});
}

TEST_CASE("bound inputs are constants") {
    const TempFolder folder;
    OnnxBuilder model(13);
    model.input("x", {kOpen, 3}).input("w", {kOpen}).input("k", {1}, TensorProto::INT64).output("y");
    model.node("Mul", {"x", "w"}, {"m"});
    model.node("Squeeze", {"s", "k"}, {"y"});
    model.node("Unsqueeze", {"m", "k"}, {"s"});
    const std::string path = model.save(folder);
    OnnxOptions options;
    options.bindings = {{"w", Tensor::of({3}, {1, 2, 3})}, {"k", Tensor::of_ints({1})}};
    const Graph graph = import_onnx(path, options);
    REQUIRE(graph.inputs.size() == 1);
    CHECK(graph.value(graph.inputs[0].value).name == "x");

    const auto refused = [&](const std::string& name, Tensor value, const std::string& piece) {
        options.bindings[name] = std::move(value);
        check_refused([&] { import_onnx(path, options); }, ErrorCode::kUsage, piece);
        options.bindings.erase(name);
    };
    refused("q", Tensor::of({1}, {1}), "graph input 'q': is not there");
    refused("k", Tensor::of({1}, {1}), "is int64 1, bound to float32 1");
    refused("k", Tensor::of_ints({1, 2}), "is int64 1, bound to int64 2");
}

TEST_CASE("onnx_inputs tells names, types and which inputs must be bound") {
    const TempFolder folder;
    OnnxBuilder model(13);
    model.input("x", {kOpen, 3, 8, 8}).input("w", {4, 3, 1, 1}).input("listed", {1}).output("y");
    model.floats("listed", {1}, {2});  // an initializer, named as an input too (IR version 3)
    model.node("Conv", {"x", "w"}, {"c"});
    model.node("Mul", {"c", "listed"}, {"y"});
    const auto inputs = onnx_inputs(model.save(folder));
    REQUIRE(inputs.size() == 2);
    CHECK(inputs[0].name == "x");
    CHECK(inputs[0].type.shape == Shape{-1, 3, 8, 8});
    CHECK_FALSE(inputs[0].parameter);
    CHECK(inputs[1].name == "w");
    CHECK(inputs[1].parameter);
}

TEST_CASE("all outputs are kept, in file order, under their names") {
    const TempFolder folder;
    OnnxBuilder model(13);
    model.input("x", {kOpen, 3}).output("late").output("early");
    model.node("Relu", {"x"}, {"early"});
    model.node("Tanh", {"early"}, {"late"});
    model.node("Sigmoid", {"late"}, {"unread"});
    const Graph graph = import_onnx(model.save(folder));
    REQUIRE(graph.outputs.size() == 2);
    CHECK(graph.value(graph.outputs[0]).name == "late");
    CHECK(graph.value(graph.outputs[1]).name == "early");
}

TEST_CASE("nodes may stand in any order that can be sorted") {
    const TempFolder folder;
    OnnxBuilder model(13);
    model.input("x", {kOpen, 3}).output("y");
    model.node("Tanh", {"b"}, {"y"});
    model.node("Sigmoid", {"a"}, {"b"});
    model.node("Relu", {"x"}, {"a"});
    const Graph graph = import_onnx(model.save(folder));
    REQUIRE(graph.nodes.size() == 3);
    CHECK(graph.nodes[0].spec->name == "Relu");
    CHECK(graph.nodes[2].spec->name == "Tanh");
}

TEST_CASE("stored tensors: every way of storing, every element type") {
    const TempFolder folder;
    const auto read = [&](const TensorProto& proto) {
        write_file(folder / "t.pb", proto.SerializeAsString());
        std::string name;
        Tensor tensor = read_tensor_proto(folder / "t.pb", &name);
        CHECK(name == proto.name());
        return tensor;
    };
    TensorProto proto;
    proto.set_name("t");
    proto.add_dims(2);
    proto.set_data_type(TensorProto::FLOAT);
    proto.add_float_data(0.5f);
    proto.add_float_data(-2);
    CHECK(read(proto).data<float>()[1] == -2);
    proto.set_raw_data(std::string("\0\0\200?\0\0\0@", 8));
    CHECK(read(proto).data<float>()[1] == 2);

    const auto typed = [&](TensorProto::DataType type, DataType becomes, const auto& add) {
        TensorProto values;
        values.add_dims(2);
        values.set_data_type(type);
        add(values);
        const Tensor tensor = read(values);
        CHECK(tensor.dtype() == becomes);
        return tensor;
    };
    const auto bits = [](int a, int b) {
        return [a, b](TensorProto& values) {
            values.add_int32_data(a);
            values.add_int32_data(b);
        };
    };
    CHECK(typed(TensorProto::FLOAT16, DataType::kFloat32, bits(0x3c00, 0xc000)).data<float>()[1] == -2);
    CHECK(typed(TensorProto::BFLOAT16, DataType::kFloat32, bits(0x3f80, 0xc000)).data<float>()[1] == -2);
    CHECK(typed(TensorProto::INT32, DataType::kInt32, bits(1, -2)).data<std::int32_t>()[1] == -2);
    CHECK(typed(TensorProto::UINT8, DataType::kUint8, bits(1, 255)).data<std::uint8_t>()[1] == 255);
    CHECK(typed(TensorProto::BOOL, DataType::kBool, bits(0, 1)).data<bool>()[1]);
    const Tensor doubles = typed(TensorProto::DOUBLE, DataType::kFloat32, [](TensorProto& values) {
        values.add_double_data(0.1);
        values.add_double_data(-2);
    });
    CHECK(doubles.data<float>()[0] == 0.1f);
    const Tensor longs = typed(TensorProto::INT64, DataType::kInt64, [](TensorProto& values) {
        values.add_int64_data(1);
        values.add_int64_data(-(std::int64_t{1} << 62));
    });
    CHECK(longs.data<std::int64_t>()[1] == -(std::int64_t{1} << 62));
}
