// Means and sums over axes, and where the largest elements are.
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

// How many is an attribute before operator set 10, an input from then on.
void convert_top_k(NodeContext& node) {
    Attributes attributes = node.attributes();
    if (node.has_input(1)) {
        const auto counts = node.integers(1);
        if (counts.size() != 1)
            node.fail("k has " + std::to_string(counts.size()) + " elements, expected one");
        attributes.set("k", counts[0]);
    }
    node.finish("TopK", {node.input(0)}, attributes);
}

constexpr Conversion kReductionConversions[] = {
    {"ArgMax", 6, 11, 1, "axis keepdims", convert_unchanged},
    {"ArgMax", 12, 25, 1, "axis keepdims select_last_index", convert_unchanged},
    {"ArgMin", 6, 11, 1, "axis keepdims", convert_unchanged},
    {"ArgMin", 12, 25, 1, "axis keepdims select_last_index", convert_unchanged},
    {"ReduceL2", 6, 17, 1, "axes keepdims", convert_reduction},
    {"ReduceL2", 18, 25, 2, "keepdims noop_with_empty_axes", convert_reduction, 1},
    {"ReduceMean", 6, 17, 1, "axes keepdims", convert_reduction},
    {"ReduceMean", 18, 25, 2, "keepdims noop_with_empty_axes", convert_reduction, 1},
    {"ReduceSum", 6, 12, 1, "axes keepdims", convert_reduction},
    {"ReduceSum", 13, 25, 2, "keepdims noop_with_empty_axes", convert_reduction, 1},
    {"TopK", 6, 9, 1, "axis k", convert_top_k},
    {"TopK", 10, 10, 2, "axis", convert_top_k, 1},
    {"TopK", 11, 25, 2, "axis largest sorted", convert_top_k, 1},
};

}  // namespace

std::span<const Conversion> reduction_conversions() { return kReductionConversions; }

}  // namespace dyce
