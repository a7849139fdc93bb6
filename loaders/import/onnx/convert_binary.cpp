// Arithmetic of two tensors and sums of many.
#include "loaders/import/onnx/conversions.h"

#include <optional>

namespace dyce {
namespace {

// Operator set 6: the second input is as large as the first or, when `broadcast` is set, a run of its
// dimensions that starts at `axis` (by default the last ones). Appended ones make NumPy's rule of it.
Operand* aligned(NodeContext& node) {
    Operand* right = node.input(1);
    const Shape& wide = node.shape(0);
    const Shape& narrow = node.shape(1);
    if (node.attributes().integer("broadcast", 0) == 0) {
        if (wide != narrow)
            node.fail("adds " + narrow.to_string() + " to " + wide.to_string() + " without broadcast");
        return right;
    }
    const std::int64_t suffix = wide.rank() - narrow.rank();
    const std::int64_t axis = node.attributes().integer("axis", suffix);
    if (axis < 0 || axis > suffix)
        node.fail("axis is " + std::to_string(axis) + " for " + narrow.to_string() + " in " +
                  wide.to_string());
    std::vector<std::int64_t> appended;
    for (std::int64_t i = narrow.rank(); i < wide.rank() - axis; ++i) appended.push_back(i);
    return appended.empty() ? right : node.add("Unsqueeze", {right}, {{"axes", appended}});
}

void convert_legacy(NodeContext& node) { node.finish(node.op(), {node.input(0), aligned(node)}); }

void convert_sum(NodeContext& node) {
    const std::size_t last = node.input_count() - 1;
    if (last == 0) return node.finish("Identity", {node.input(0)});
    Operand* sum = node.input(0);
    for (std::size_t i = 1; i < last; ++i) sum = node.add("Add", {sum, node.input(i)});
    node.finish("Add", {sum, node.input(last)});
}

// The single number that bounds a value of which no operand makes more: a Clip.
std::optional<float> bound_of(const Operand& bound, const Operand& value) {
    if (!bound.constant || value.constant || bound.type.dtype != DataType::kFloat32 ||
        bound.constant->elements() != 1 || bound.type.shape.rank() > value.type.shape.rank())
        return {};
    return bound.constant->data<float>()[0];
}

void convert_extreme(NodeContext& node) {
    const std::string& op = node.op();
    const auto inputs = node.inputs();
    if (inputs.size() == 1) return node.finish("Identity", {inputs[0]});
    if (inputs.size() == 2)
        for (std::size_t i = 0; i < 2; ++i)
            if (const auto bound = bound_of(*inputs[i], *inputs[1 - i]))
                return node.finish("Clip", {inputs[1 - i]}, {{op == "Max" ? "min" : "max", *bound}});
    Operand* result = inputs[0];
    for (std::size_t i = 1; i + 1 < inputs.size(); ++i) result = node.add(op, {result, inputs[i]});
    node.finish(op, {result, inputs.back()});
}

void convert_mean(NodeContext& node) {
    const auto inputs = node.inputs();
    Operand* sum = inputs.at(0);
    for (std::size_t i = 1; i < inputs.size(); ++i) sum = node.add("Add", {sum, inputs[i]});
    node.finish("Div", {sum, node.number(static_cast<float>(inputs.size()))});
}

constexpr Conversion kBinaryConversions[] = {
    {"Add", 6, 6, 2, "axis broadcast", convert_legacy},
    {"Add", 7, 25, 2, "", convert_unchanged},
    {"Div", 6, 6, 2, "axis broadcast", convert_legacy},
    {"Div", 7, 25, 2, "", convert_unchanged},
    {"Max", 6, 25, -1, "", convert_extreme},
    {"Mean", 6, 25, -1, "", convert_mean},
    {"Min", 6, 25, -1, "", convert_extreme},
    {"Mul", 6, 6, 2, "axis broadcast", convert_legacy},
    {"Mul", 7, 25, 2, "", convert_unchanged},
    {"Pow", 6, 6, 2, "axis broadcast", convert_legacy},
    {"Pow", 7, 25, 2, "", convert_unchanged},
    {"Sub", 6, 6, 2, "axis broadcast", convert_legacy},
    {"Sub", 7, 25, 2, "", convert_unchanged},
    {"Sum", 6, 25, -1, "", convert_sum},
};

}  // namespace

std::span<const Conversion> binary_conversions() { return kBinaryConversions; }

}  // namespace dyce
