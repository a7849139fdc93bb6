// What the tests of operators share: running one operator, making and comparing tensors.
#pragma once

#include "graph/interpreter.h"
#include "tests/support/check_throws.h"
#include "tests/support/tensors.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <vector>

namespace dyce::test {

/// A node of the operator, in ONNX's domain or else ours.
inline Node make_node(std::string_view op, std::size_t inputs, const Attributes& attributes,
                      std::size_t outputs = 1) {
    const OpSpec* spec = find_op(op);
    if (spec == nullptr) spec = find_op(op, "dyce");
    REQUIRE_MESSAGE(spec != nullptr, "no operator " << op);
    Node node{spec, "node_under_test", attributes, {}, {}, {}};
    node.inputs.resize(inputs);
    node.outputs.resize(outputs);
    return node;
}

/// All outputs of one operator, by its plain loops.
inline std::vector<Tensor> run_reference_many(std::string_view op, const std::vector<Tensor>& inputs,
                                              const Attributes& attributes, std::size_t outputs) {
    return interpret(make_node(op, inputs.size(), attributes, outputs), inputs);
}

/// The first output of one operator, by its plain loops.
inline Tensor run_reference(std::string_view op, const std::vector<Tensor>& inputs,
                            const Attributes& attributes = {}) {
    return run_reference_many(op, inputs, attributes, 1).at(0);
}

inline std::vector<TensorType> infer(std::string_view op, const std::vector<TensorType>& inputs,
                                     const Attributes& attributes = {}, std::size_t outputs = 1) {
    const Node node = make_node(op, inputs.size(), attributes, outputs);
    return checked_infer(*node.spec, call_of(node, inputs));
}

inline std::int64_t macs(std::string_view op, const std::vector<TensorType>& inputs,
                         const Attributes& attributes = {}) {
    const Node node = make_node(op, inputs.size(), attributes);
    return node.spec->macs == nullptr ? 0 : node.spec->macs(call_of(node, inputs));
}

/// Checks that the operator refuses the inputs with an error that names the node and contains `piece`.
inline void check_refused(std::string_view op, const std::vector<TensorType>& inputs,
                          const Attributes& attributes, const std::string& piece, std::size_t outputs = 1) {
    INFO(op);
    check_throws([&] { (void)infer(op, inputs, attributes, outputs); }, ErrorCode::kContent, piece,
                 "node_under_test");
}

inline TensorType f32(const Shape& shape) { return {DataType::kFloat32, shape}; }

/// A tensor of any type, its values converted from `values`.
inline Tensor tensor(DataType dtype, const Shape& shape, const std::vector<double>& values) {
    Tensor result(dtype, shape);
    REQUIRE(result.elements() == static_cast<std::int64_t>(values.size()));
    const auto fill = [&]<class T>(T* to) {
        std::transform(values.begin(), values.end(), to, [](double v) { return static_cast<T>(v); });
    };
    switch (dtype) {
        case DataType::kFloat32: fill(result.mutable_data<float>()); break;
        case DataType::kInt64: fill(result.mutable_data<std::int64_t>()); break;
        case DataType::kInt32: fill(result.mutable_data<std::int32_t>()); break;
        case DataType::kUint8: fill(result.mutable_data<std::uint8_t>()); break;
        case DataType::kBool: fill(result.mutable_data<bool>()); break;
    }
    return result;
}
inline Tensor tensor(const Shape& shape, const std::vector<double>& values) {
    return tensor(DataType::kFloat32, shape, values);
}

/// The elements of a tensor of any type.
inline std::vector<double> values_of(const Tensor& t) {
    std::vector<double> values;
    const auto take = [&]<class T>(const T* from) {
        for (std::int64_t i = 0; i < t.elements(); ++i) values.push_back(static_cast<double>(from[i]));
    };
    switch (t.dtype()) {
        case DataType::kFloat32: take(t.data<float>()); break;
        case DataType::kInt64: take(t.data<std::int64_t>()); break;
        case DataType::kInt32: take(t.data<std::int32_t>()); break;
        case DataType::kUint8: take(t.data<std::uint8_t>()); break;
        case DataType::kBool: take(t.data<bool>()); break;
    }
    return values;
}

/// Checks that types are equal and that elements differ by at most `tolerance` * max(1, |expected|).
inline void check_close(const Tensor& actual, const Tensor& expected, double tolerance = 1e-6) {
    CHECK(name_of(actual.dtype()) == std::string(name_of(expected.dtype())));
    CHECK(actual.shape().to_string() == expected.shape().to_string());
    const auto a = values_of(actual), b = values_of(expected);
    REQUIRE(a.size() == b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        const bool same = a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])) ||
                          std::abs(a[i] - b[i]) <= tolerance * std::max(1.0, std::abs(b[i]));
        if (!same) FAIL_CHECK("element " << i << " is " << a[i] << ", expected " << b[i]);
    }
}

}  // namespace dyce::test
