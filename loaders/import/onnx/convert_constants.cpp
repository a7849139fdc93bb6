// Operators whose result is known while importing: they never become nodes.
#include "loaders/import/onnx/conversions.h"
#include "loaders/import/onnx/unsupported.h"

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

Tensor list_of(NodeContext& node, const std::vector<std::int64_t>& values) {
    Tensor tensor = node.new_constant(DataType::kInt64, {static_cast<std::int64_t>(values.size())});
    std::copy(values.begin(), values.end(), tensor.mutable_data<std::int64_t>());
    return tensor;
}

Tensor list_of(NodeContext& node, const std::vector<float>& values) {
    Tensor tensor = node.new_constant(DataType::kFloat32, {static_cast<std::int64_t>(values.size())});
    std::copy(values.begin(), values.end(), tensor.mutable_data<float>());
    return tensor;
}

void convert_constant(NodeContext& node) {
    const Attributes& attributes = node.attributes();
    if (const Tensor* value = node.tensor_attribute("value"))
        node.finish(*value);
    else if (attributes.has("value_int"))
        node.finish(list_of(node, std::vector{attributes.integer("value_int", 0)}).reshaped({}));
    else if (attributes.has("value_ints"))
        node.finish(list_of(node, attributes.integers("value_ints")));
    else if (attributes.has("value_float"))
        node.finish(list_of(node, std::vector{attributes.real("value_float", 0)}).reshaped({}));
    else if (attributes.has("value_floats"))
        node.finish(list_of(node, attributes.reals("value_floats")));
    else
        node.fail("has no value");
}

std::string refuse_constant(const OnnxNode& node) {
    for (const char* name : {"sparse_value", "value_string", "value_strings"})
        if (node.attribute_names.count(name) != 0) return name;
    return "";
}

// The value is one element, float32 zero by default.
void convert_constant_of_shape(NodeContext& node) {
    const auto dims = node.integers(0);
    if (dims.size() > Shape::kMaxRank ||
        std::any_of(dims.begin(), dims.end(), [](auto dim) { return dim < 0; }))
        node.fail("input 0 is no shape");
    const Tensor zero(DataType::kFloat32, {1});
    const Tensor* given = node.tensor_attribute("value");
    const Tensor& value = given != nullptr ? *given : zero;
    if (value.elements() != 1)
        node.fail("value has shape " + value.shape().to_string() + ", expected one element");
    Tensor tensor = node.new_constant(value.dtype(), Shape(dims.begin(), dims.end()));
    const auto* element = static_cast<const std::byte*>(value.bytes());
    auto* to = static_cast<std::byte*>(tensor.mutable_bytes());
    for (std::int64_t i = 0; i < tensor.elements(); ++i)
        to = std::copy_n(element, size_of(value.dtype()), to);
    node.finish(std::move(tensor));
}

// From operator set 15 on, part of the shape: start and end, clamped to the rank.
void convert_shape(NodeContext& node) {
    const Shape& shape = node.shape(0);
    const std::int64_t rank = shape.rank();
    const auto bound = [&](const char* name, std::int64_t fallback) {
        const std::int64_t axis = node.attributes().integer(name, fallback);
        return std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
    };
    const std::int64_t start = bound("start", 0);
    const std::int64_t end = std::max(start, bound("end", rank));
    node.finish(list_of(node, std::vector(shape.begin() + start, shape.begin() + end)));
}

void convert_size(NodeContext& node) {
    node.finish(list_of(node, std::vector{node.shape(0).elements()}).reshaped({}));
}

template <class T>
Tensor range(NodeContext& node) {
    T bounds[3];
    for (std::size_t i = 0; i < 3; ++i) {
        const Tensor& tensor = node.constant(i);
        if (tensor.dtype() != node.constant(0).dtype() || tensor.elements() != 1)
            node.fail("input " + std::to_string(i) + " is " + name_of(tensor.dtype()) + " of shape " +
                      tensor.shape().to_string() + ", expected one element of one type");
        bounds[i] = tensor.data<T>()[0];
    }
    const auto [start, limit, step] = bounds;
    const double count =
        std::ceil((static_cast<double>(limit) - static_cast<double>(start)) / static_cast<double>(step));
    if (std::isnan(count) || count > 1e9) node.fail("has no end");
    Tensor tensor =
        node.new_constant(node.constant(0).dtype(), {static_cast<std::int64_t>(std::max(count, 0.))});
    for (std::int64_t i = 0; i < tensor.elements(); ++i)
        tensor.mutable_data<T>()[i] = start + static_cast<T>(i) * step;
    return tensor;
}

void convert_range(NodeContext& node) {
    switch (node.constant(0).dtype()) {
        case DataType::kFloat32: return node.finish(range<float>(node));
        case DataType::kInt64: return node.finish(range<std::int64_t>(node));
        case DataType::kInt32: return node.finish(range<std::int32_t>(node));
        default: node.fail(std::string("of ") + name_of(node.constant(0).dtype()));
    }
}

constexpr Conversion kConstantConversions[] = {
    {"Constant", 6, 10, 0, "value", convert_constant},
    {"Constant", 11, 11, 0, "sparse_value value", convert_constant, -1, refuse_constant},
    {"Constant", 12, 25, 0,
     "sparse_value value value_float value_floats value_int value_ints value_string value_strings",
     convert_constant, -1, refuse_constant},
    {"ConstantOfShape", 9, 25, 1, "value", convert_constant_of_shape, 0},
    {"If", 6, 25, 1, "else_branch then_branch", nullptr},  // the translator takes one of the branches
    {"Range", 11, 25, 3, "", convert_range, 0},
    {"Shape", 6, 14, 1, "", convert_shape},
    {"Shape", 15, 25, 1, "end start", convert_shape},
    {"Size", 6, 25, 1, "", convert_size},
};

}  // namespace

std::span<const Conversion> constant_conversions() { return kConstantConversions; }

}  // namespace dyce
