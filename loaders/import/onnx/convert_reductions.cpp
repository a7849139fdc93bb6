// Means and sums over axes.
#include "loaders/import/onnx/conversions.h"

namespace dyce {
namespace {

// The axes are an attribute at first, an input from operator set 18 on (ReduceSum: 13). Without any, all are
// reduced, or none when noop_with_empty_axes is set. ReduceL2 is written out.
void convert_reduction(NodeContext& node) {
    auto axes = node.has_input(1) ? node.integers(1) : node.attributes().integers("axes");
    if (axes.empty() && node.attributes().integer("noop_with_empty_axes", 0) != 0)
        return node.finish(node.op() == "ReduceL2" ? "Abs" : "Identity", {node.input(0)});
    if (axes.empty())
        for (int axis = 0; axis < node.shape(0).rank(); ++axis) axes.push_back(axis);
    const Attributes attributes{{"axes", axes}, {"keepdims", node.attributes().integer("keepdims", 1)}};
    if (node.op() != "ReduceL2") return node.finish(node.op(), {node.input(0)}, attributes);
    Operand* squares = node.add("Mul", {node.input(0), node.input(0)});
    node.finish("Sqrt", {node.add("ReduceSum", {squares}, attributes)});
}

constexpr Conversion kReductionConversions[] = {
    {"ReduceL2", 6, 17, 1, "axes keepdims", convert_reduction},
    {"ReduceL2", 18, 25, 2, "keepdims noop_with_empty_axes", convert_reduction, 1},
    {"ReduceMean", 6, 17, 1, "axes keepdims", convert_reduction},
    {"ReduceMean", 18, 25, 2, "keepdims noop_with_empty_axes", convert_reduction, 1},
    {"ReduceSum", 6, 12, 1, "axes keepdims", convert_reduction},
    {"ReduceSum", 13, 25, 2, "keepdims noop_with_empty_axes", convert_reduction, 1},
};

}  // namespace

std::span<const Conversion> reduction_conversions() { return kReductionConversions; }

}  // namespace dyce
