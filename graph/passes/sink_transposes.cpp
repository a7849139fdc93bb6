// Before: y = op(Transpose(x), c): op is Add, Sub, Mul or Div and c a constant, on either side
// After:  y = Transpose(op(x, c')), c' being c with its dimensions put back
// Conditions: nothing else reads the value between; c does not make it larger. Then op meets what makes x,
//             often a MatMul that takes it into its weights (ConvNeXt's layer scale).
#include "graph/interpreter.h"
#include "graph/passes/passes.h"
#include "graph/passes/permutation.h"
#include "graph/passes/rewriter.h"

namespace dyce {
namespace {

// The constant as it is broadcast to the value before the Transpose.
Tensor put_back(const Tensor& constant, const Node& transpose, int rank) {
    if (constant.elements() == 1) return constant;
    Shape full;
    for (int d = constant.shape().rank(); d < rank; ++d) full.push_back(1);
    for (const std::int64_t dim : constant.shape()) full.push_back(dim);
    const auto perm = permutation_of(transpose, rank);
    std::vector<std::int64_t> inverse(perm.size());
    for (std::size_t d = 0; d < perm.size(); ++d)
        inverse[static_cast<std::size_t>(perm[d])] = static_cast<std::int64_t>(d);
    const Node back{transpose.spec, transpose.name, {{"perm", inverse}}, {0}, {1}, {}};
    return interpret(back, {constant.reshaped(full)}).front();
}

// Moves the node below the Transpose that makes its input `x`. Returns where it is then, or nullptr.
Node* sink(Rewriter& graph, Node& node, std::size_t x) {
    const ValueId value = node.inputs[x];
    Node* transpose = graph.producer(value);
    const Tensor* constant = graph.constant(node.inputs[1 - x]);
    if (transpose == nullptr || transpose->spec->name != "Transpose" || constant == nullptr ||
        !graph.read_once(value) || graph.type(value) != graph.type(node.outputs[0]))
        return nullptr;
    const int rank = graph.type(value).shape.rank();
    graph.set_constant(node, 1 - x, put_back(*constant, *transpose, rank), node.name + ".constant");
    graph.exchange(*transpose, node, x);
    return transpose;
}

}  // namespace

bool sink_transposes(Graph& graph) {
    Rewriter rewriter(graph);
    return rewriter.sweep([&](Node& node) {
        if (node.spec->binary == BinaryKind::kNone || !node.post_ops.empty()) return;
        for (const std::size_t x : {0u, 1u}) {
            Node* at = sink(rewriter, node, x);
            if (at == nullptr) continue;
            while (at != nullptr) at = sink(rewriter, *at, x);
            return;
        }
    });
}

}  // namespace dyce
