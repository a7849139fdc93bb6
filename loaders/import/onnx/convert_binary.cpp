// Arithmetic of two tensors and sums of many.
#include "loaders/import/onnx/conversions.h"

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

constexpr Conversion kBinaryConversions[] = {
    {"Add", 6, 6, 2, "axis broadcast", convert_legacy},
    {"Add", 7, 25, 2, "", convert_unchanged},
    {"Div", 6, 6, 2, "axis broadcast", convert_legacy},
    {"Div", 7, 25, 2, "", convert_unchanged},
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
