// Before: y = op(x), where y holds exactly what x holds
// After:  readers of y read x; where y is an output of the graph, x takes its name.
// Also:   Transpose(Transpose(x)) becomes one Transpose, or none.
// Conditions: y and x have the same type at any batch size. y stays when it is an output and x is an input,
// a constant or another output.
#include "graph/passes/passes.h"
#include "graph/passes/permutation.h"
#include "graph/passes/rewriter.h"

#include <algorithm>

namespace dyce {
namespace {

bool all_equal(const std::vector<std::int64_t>& values, std::int64_t to) {
    return std::all_of(values.begin(), values.end(), [&](std::int64_t v) { return v == to; });
}

// Operators that never change a value's bytes: no-ops as soon as the type stays.
bool keeps_bytes(std::string_view op) {
    constexpr std::string_view kOps[] = {"Cast",     "Concat",  "Dropout", "Expand",  "Flatten",
                                         "Identity", "Reshape", "Split",   "Squeeze", "Unsqueeze"};
    return std::find(std::begin(kOps), std::end(kOps), op) != std::end(kOps);
}

bool keeps_order(const Node& transpose, int rank) {
    const auto perm = permutation_of(transpose, rank);
    return std::is_sorted(perm.begin(), perm.end());
}

// x + 0, x - 0, x * 1, x / 1: the index of x, or -1.
int neutral_side(const Rewriter& graph, const Node& node) {
    const BinaryKind kind = node.spec->binary;
    if (kind == BinaryKind::kNone) return -1;
    const float neutral = kind == BinaryKind::kAdd || kind == BinaryKind::kSub ? 0.f : 1.f;
    const bool commutes = kind == BinaryKind::kAdd || kind == BinaryKind::kMul;
    for (const int side : {0, 1}) {
        const Tensor* other = graph.constant(node.inputs[static_cast<std::size_t>(1 - side)]);
        if (other == nullptr || other->dtype() != DataType::kFloat32 || (side == 1 && !commutes)) continue;
        if (std::all_of(other->data<float>(), other->data<float>() + other->elements(),
                        [&](float v) { return v == neutral; }))
            return side;
    }
    return -1;
}

// The value that `node` only passes on, or -1.
ValueId passed_on(const Rewriter& graph, const Node& node) {
    const std::string_view op = node.spec->name;
    if (const int side = neutral_side(graph, node); side >= 0)
        return node.inputs[static_cast<std::size_t>(side)];
    const bool same = keeps_bytes(op) || (op == "Pad" && all_equal(node.attributes.integers("pads"), 0)) ||
                      (op == "Slice" && all_equal(node.attributes.integers("steps"), 1)) ||
                      (op == "Transpose" && keeps_order(node, graph.type(node.inputs[0]).shape.rank()));
    return same ? node.inputs[0] : -1;
}

// Transpose(Transpose(x)) reads x itself.
void join_transposes(Rewriter& graph, Node& node) {
    if (node.spec->name != "Transpose") return;
    const Node* inner = graph.producer(node.inputs[0]);
    if (inner == nullptr || inner->spec != node.spec) return;
    const int rank = graph.type(node.inputs[0]).shape.rank();
    const auto first = permutation_of(*inner, rank);
    auto perm = permutation_of(node, rank);
    for (std::int64_t& axis : perm) axis = first[static_cast<std::size_t>(axis)];
    graph.become(node, *node.spec, {{"perm", perm}}, {inner->inputs[0]});
}

}  // namespace

bool remove_identities(Graph& graph) {
    Rewriter rewriter(graph);
    return rewriter.sweep([&](Node& node) {
        if (!node.post_ops.empty()) return;
        join_transposes(rewriter, node);
        const ValueId by = passed_on(rewriter, node);
        if (by < 0 || rewriter.type(by) != rewriter.type(node.outputs[0])) return;
        const auto unread = [&](ValueId id) { return rewriter.unread(id); };
        if (std::all_of(node.outputs.begin() + 1, node.outputs.end(), unread)) rewriter.bypass(node, by);
    });
}

}  // namespace dyce
