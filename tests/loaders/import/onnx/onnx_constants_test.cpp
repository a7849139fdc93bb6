// Covers convert_constant_math, convert_constants, reshape.
// Arithmetic over constants, which is done while importing: shapes, indices, and the chains exporters leave.
#include "loaders/import/onnx/onnx_import.h"
#include "tests/loaders/format/refusal.h"
#include "tests/loaders/import/onnx/onnx_builder.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

using namespace dyce;
using namespace dyce::test;

namespace {

using M = OnnxBuilder;
using Ints = std::vector<std::int64_t>;

/// The constant y of a model that computes nothing from its input x (2 x 3 x 4 x 5).
Tensor constant(int opset, const std::function<void(M&)>& write) {
    const TempFolder folder;
    OnnxBuilder model(opset);
    model.input("x", {2, 3, 4, 5}).output("y");
    write(model);
    OnnxOptions options;
    options.batched = false;
    const Graph graph = import_onnx(model.save(folder), options);
    return graph.value(graph.outputs[0]).constant.value();
}

/// Elements as whole numbers; the type is checked by its own.
Ints numbers(const Tensor& tensor) {
    Ints values;
    for (std::int64_t i = 0; i < tensor.elements(); ++i) switch (tensor.dtype()) {
            case DataType::kFloat32:
                values.push_back(static_cast<std::int64_t>(tensor.data<float>()[i]));
                break;
            case DataType::kInt64: values.push_back(tensor.data<std::int64_t>()[i]); break;
            case DataType::kInt32: values.push_back(tensor.data<std::int32_t>()[i]); break;
            default: values.push_back(tensor.data<std::uint8_t>()[i]);
        }
    return values;
}

struct Row {
    std::string op;
    int opset;
    std::vector<Ints> inputs;  ///< int64 lists; one number is a scalar
    DataType type;
    Ints expected;
};

}  // namespace

TEST_CASE("operators over lists of integers") {
    const Row rows[] = {
        {"Add", 7, {{1, 2}, {10}}, DataType::kInt64, {11, 12}},
        {"Div", 14, {{7, -7}, {2}}, DataType::kInt64, {3, -3}},
        {"Mod", 10, {{7, -7, 6}, {3}}, DataType::kInt64, {1, 2, 0}},
        {"Min", 8, {{1, 5}, {3, 3}}, DataType::kInt64, {1, 3}},
        {"Max", 13, {{1, 5}, {3, 3}}, DataType::kInt64, {3, 5}},
        {"Equal", 7, {{1, 5}, {1, 3}}, DataType::kBool, {1, 0}},
        {"Less", 9, {{1, 5}, {3}}, DataType::kBool, {1, 0}},
        {"LessOrEqual", 12, {{3, 5}, {3}}, DataType::kBool, {1, 0}},
        {"Greater", 13, {{1, 5}, {3}}, DataType::kBool, {0, 1}},
        {"GreaterOrEqual", 16, {{3, 1}, {3}}, DataType::kBool, {1, 0}},
        {"Range", 11, {{2}, {11}, {3}}, DataType::kInt64, {2, 5, 8}},
        {"Range", 11, {{5}, {0}, {-2}}, DataType::kInt64, {5, 3, 1}},
        {"Range", 11, {{0}, {0}, {1}}, DataType::kInt64, {}},
        {"ConstantOfShape", 9, {{2, 2}}, DataType::kFloat32, {0, 0, 0, 0}},
        {"ReduceProd", 13, {{2, 3, 4}}, DataType::kInt64, {24}},
        {"Size", 13, {{2, 3, 4}}, DataType::kInt64, {3}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.op);
        const Tensor y = constant(row.opset, [&](M& m) {
            std::vector<std::string> names;
            for (const Ints& input : row.inputs) {
                names.push_back("i" + std::to_string(names.size()));
                m.ints(names.back(),
                       input.size() == 1 ? Ints{} : Ints{static_cast<std::int64_t>(input.size())}, input);
            }
            m.node(row.op, names, {"y"});
        });
        CHECK(y.dtype() == row.type);
        CHECK(numbers(y) == row.expected);
    }
}

TEST_CASE("Shape is a constant as soon as the type is known; from 15 on a part of it") {
    CHECK(numbers(constant(13, [](M& m) { m.node("Shape", {"x"}, {"y"}); })) == Ints{2, 3, 4, 5});
    CHECK(numbers(constant(15, [](M& m) { m.node("Shape", {"x"}, {"y"}).set("start", 1).set("end", -1); })) ==
          Ints{3, 4});
    CHECK(numbers(constant(13, [](M& m) { m.node("Size", {"x"}, {"y"}); })) == Ints{120});
    const Tensor behind = constant(13, [](M& m) {
        m.floats("w", {7, 3, 1, 1}, std::vector<float>(21)).node("Conv", {"x", "w"}, {"c"});
        m.node("Shape", {"c"}, {"y"});
    });
    CHECK(numbers(behind) == Ints{2, 7, 4, 5});
}

TEST_CASE("Constant in each of its forms") {
    CHECK(numbers(constant(12, [](M& m) { m.node("Constant", {}, {"y"}).set("value_int", 3); })) == Ints{3});
    CHECK(numbers(constant(12, [](M& m) {
              m.node("Constant", {}, {"y"}).set("value_ints", Ints{3, 4});
          })) == Ints{3, 4});
    const Tensor real = constant(13, [](M& m) { m.node("Constant", {}, {"y"}).set("value_float", 0.5f); });
    CHECK(real.shape() == Shape{});
    CHECK(real.data<float>()[0] == 0.5f);
    const Tensor tensor = constant(6, [](M& m) {
        auto* value = m.node("Constant", {}, {"y"}).add("value", onnx::AttributeProto::TENSOR)->mutable_t();
        value->set_data_type(onnx::TensorProto::INT32);
        value->add_dims(2);
        value->add_int32_data(-1);
        value->add_int32_data(9);
    });
    CHECK(tensor.dtype() == DataType::kInt32);
    CHECK(numbers(tensor) == Ints{-1, 9});
    for (const char* kind : {"value_string", "sparse_value"})
        check_refused([&] { constant(13, [&](M& m) { m.node("Constant", {}, {"y"}).set(kind, "x"); }); },
                      ErrorCode::kContent, std::string("Constant, ") + kind);
}

TEST_CASE("PyTorch's expand: sizes of -1 replaced by ones, by Equal and Where") {
    const Tensor y = constant(13, [](M& m) {
        m.ints("sizes", {-1, 3}).ints("minus_one", {}, {-1}).ints("two", {2}).floats("row", {3}, {1, 2, 3});
        auto* one = m.node("ConstantOfShape", {"two"}, {"ones"})
                        .add("value", onnx::AttributeProto::TENSOR)
                        ->mutable_t();
        one->set_data_type(onnx::TensorProto::INT64);
        one->add_dims(1);
        one->add_int64_data(1);
        m.node("Equal", {"sizes", "minus_one"}, {"open"});
        m.node("Where", {"open", "ones", "sizes"}, {"target"});
        m.node("Expand", {"row", "target"}, {"y"});
    });
    CHECK(y.shape() == Shape{1, 3});
    CHECK(numbers(y) == Ints{1, 2, 3});
}

TEST_CASE("logic and rounding") {
    CHECK(numbers(constant(13, [](M& m) {
              m.ints("a", {1, 2, 3}).ints("two", {}, {2});
              m.node("Less", {"a", "two"}, {"below"});
              m.node("Equal", {"a", "two"}, {"equal"});
              m.node("Or", {"below", "equal"}, {"or"});
              m.node("Not", {"equal"}, {"other"});
              m.node("And", {"or", "other"}, {"y"});
          })) == Ints{1, 0, 0});
    for (const auto& [op, expected] : {std::pair{"Floor", Ints{-2, 1, 2}}, std::pair{"Ceil", Ints{-1, 2, 3}},
                                       std::pair{"Round", Ints{-2, 2, 2}}})
        CHECK(numbers(constant(13, [&, name = op](M& m) {
                  m.floats("a", {3}, {-1.5f, 1.75f, 2.5f}).node(name, {"a"}, {"y"});
              })) == expected);
}

TEST_CASE("constants that would unfold to gigabytes, or never end, are refused") {
    const auto refused = [](ErrorCode code, const std::string& piece, const std::function<void(M&)>& write) {
        check_refused([&] { constant(13, write); }, code, piece);
    };
    refused(ErrorCode::kResource, "too large", [](M& m) {
        m.ints("s", {1 << 20, 1 << 20}).node("ConstantOfShape", {"s"}, {"y"});
    });
    refused(ErrorCode::kResource, "too large", [](M& m) {
        m.ints("s", {1LL << 62, 1LL << 62}).node("ConstantOfShape", {"s"}, {"y"});
    });
    refused(ErrorCode::kResource, "too large", [](M& m) {
        m.ints("a", {}, {0})
            .ints("b", {}, {1 << 28})
            .ints("c", {}, {1})
            .node("Range", {"a", "b", "c"}, {"y"});
    });
    refused(ErrorCode::kContent, "has no end", [](M& m) {
        m.ints("a", {}, {0}).ints("b", {}, {1}).ints("c", {}, {0}).node("Range", {"a", "b", "c"}, {"y"});
    });
    refused(ErrorCode::kContent, "is no shape",
            [](M& m) { m.ints("s", {-1}).node("ConstantOfShape", {"s"}, {"y"}); });
    refused(ErrorCode::kContent, "divides by zero", [](M& m) {
        m.ints("a", {1}).ints("b", {0}).node("Mod", {"a", "b"}, {"y"});
    });
    refused(ErrorCode::kContent, "a constant is needed", [](M& m) {
        m.floats("a", {1}, {1}).ints("s", {1 << 16, 1 << 16}).node("Expand", {"a", "s"}, {"e"});
        m.node("Mod", {"e", "a"}, {"y"});
    });
}
