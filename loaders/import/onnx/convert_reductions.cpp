// Means and sums over axes, and where the largest elements are.
#include "loaders/import/onnx/conversions.h"

namespace dyce {
namespace {

// The logarithm of a sum of powers of e, the largest of which is taken out of the sum.
void reduce_exponentials(NodeContext& node, const Attributes& attributes) {
    Operand* x = node.input(0);
    Attributes kept = attributes;
    kept.set("keepdims", std::int64_t{1});
    Operand* largest = node.add("ReduceMax", {x}, kept);
    Operand* powers = node.add("Exp", {node.add("Sub", {x, largest})});
    Operand* logarithm = node.add("Log", {node.add("ReduceSum", {powers}, kept)});
    Operand* sum = node.add("Add", {logarithm, largest});
    if (attributes.integer("keepdims", 1) != 0) return node.finish("Identity", {sum});
    node.finish("Squeeze", {sum}, {{"axes", attributes.integers("axes")}});
}

// Reductions that are a sum of something, or something of a sum.
void reduce_composed(NodeContext& node, const Attributes& attributes) {
    Operand* x = node.input(0);
    const std::string& op = node.op();
    if (op == "ReduceL1") return node.finish("ReduceSum", {node.add("Abs", {x})}, attributes);
    if (op == "ReduceLogSum") return node.finish("Log", {node.add("ReduceSum", {x}, attributes)});
    if (op == "ReduceLogSumExp") return reduce_exponentials(node, attributes);
    Operand* squares = node.add("Mul", {x, x});
    if (op == "ReduceSumSquare") return node.finish("ReduceSum", {squares}, attributes);
    node.finish("Sqrt", {node.add("ReduceSum", {squares}, attributes)});  // ReduceL2
}

// The same of single elements, which is all there is to reduce without axes.
void reduce_nothing(NodeContext& node) {
    const std::string& op = node.op();
    if (op == "ReduceSumSquare") return node.finish("Mul", {node.input(0), node.input(0)});
    const bool is_norm = op == "ReduceL1" || op == "ReduceL2";
    node.finish(is_norm ? "Abs" : op == "ReduceLogSum" ? "Log" : "Identity", {node.input(0)});
}

// The axes are an attribute at first, an input from operator set 18 on (ReduceSum: 13). Without any, all are
// reduced, or none when noop_with_empty_axes is set.
void convert_reduction(NodeContext& node) {
    auto axes = node.has_input(1) ? node.integers(1) : node.attributes().integers("axes");
    if (axes.empty() && node.attributes().integer("noop_with_empty_axes", 0) != 0)
        return reduce_nothing(node);
    if (axes.empty())
        for (int axis = 0; axis < node.shape(0).rank(); ++axis) axes.push_back(axis);
    const Attributes attributes{{"axes", axes}, {"keepdims", node.attributes().integer("keepdims", 1)}};
    const bool is_ours = find_op(node.op()) != nullptr;
    if (is_ours) return node.finish(node.op(), {node.input(0)}, attributes);
    reduce_composed(node, attributes);
}

void convert_cumulative_sum(NodeContext& node) {
    Attributes attributes = node.attributes();
    attributes.set("axis", node.integer(1, "axis"));
    node.finish("CumSum", {node.input(0)}, attributes);
}

// How many is an attribute before operator set 10, an input from then on.
void convert_top_k(NodeContext& node) {
    Attributes attributes = node.attributes();
    if (node.has_input(1)) attributes.set("k", node.integer(1, "k"));
    node.finish("TopK", {node.input(0)}, attributes);
}

constexpr Conversion kReductionConversions[] = {
    {"ArgMax", 6, 11, 1, "axis keepdims", convert_unchanged},
    {"ArgMax", 12, 25, 1, "axis keepdims select_last_index", convert_unchanged},
    {"ArgMin", 6, 11, 1, "axis keepdims", convert_unchanged},
    {"ArgMin", 12, 25, 1, "axis keepdims select_last_index", convert_unchanged},
    {"CumSum", 11, 25, 2, "exclusive reverse", convert_cumulative_sum, 1},
    {"ReduceL1", 6, 17, 1, "axes keepdims", convert_reduction},
    {"ReduceL1", 18, 25, 2, "keepdims noop_with_empty_axes", convert_reduction, 1},
    {"ReduceL2", 6, 17, 1, "axes keepdims", convert_reduction},
    {"ReduceL2", 18, 25, 2, "keepdims noop_with_empty_axes", convert_reduction, 1},
    {"ReduceLogSum", 6, 17, 1, "axes keepdims", convert_reduction},
    {"ReduceLogSum", 18, 25, 2, "keepdims noop_with_empty_axes", convert_reduction, 1},
    {"ReduceLogSumExp", 6, 17, 1, "axes keepdims", convert_reduction},
    {"ReduceLogSumExp", 18, 25, 2, "keepdims noop_with_empty_axes", convert_reduction, 1},
    {"ReduceMax", 6, 17, 1, "axes keepdims", convert_reduction},
    {"ReduceMax", 18, 25, 2, "keepdims noop_with_empty_axes", convert_reduction, 1},
    {"ReduceMean", 6, 17, 1, "axes keepdims", convert_reduction},
    {"ReduceMean", 18, 25, 2, "keepdims noop_with_empty_axes", convert_reduction, 1},
    {"ReduceMin", 6, 17, 1, "axes keepdims", convert_reduction},
    {"ReduceMin", 18, 25, 2, "keepdims noop_with_empty_axes", convert_reduction, 1},
    {"ReduceProd", 6, 17, 1, "axes keepdims", convert_reduction},
    {"ReduceProd", 18, 25, 2, "keepdims noop_with_empty_axes", convert_reduction, 1},
    {"ReduceSum", 6, 12, 1, "axes keepdims", convert_reduction},
    {"ReduceSum", 13, 25, 2, "keepdims noop_with_empty_axes", convert_reduction, 1},
    {"ReduceSumSquare", 6, 17, 1, "axes keepdims", convert_reduction},
    {"ReduceSumSquare", 18, 25, 2, "keepdims noop_with_empty_axes", convert_reduction, 1},
    {"TopK", 6, 9, 1, "axis k", convert_top_k},
    {"TopK", 10, 10, 2, "axis", convert_top_k, 1},
    {"TopK", 11, 25, 2, "axis largest sorted", convert_top_k, 1},
};

}  // namespace

std::span<const Conversion> reduction_conversions() { return kReductionConversions; }

}  // namespace dyce
