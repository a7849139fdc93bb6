// Before: c = op(constants..)
// After:  c, a constant.
// Conditions: the results together are not much larger than what they are made of, and quickly computed: a
// small file must not unfold into a large model. What exceeds that stays a node.
#include "graph/interpreter.h"
#include "graph/passes/passes.h"
#include "graph/passes/rewriter.h"

#include <algorithm>

namespace dyce {
namespace {

constexpr std::int64_t kMaxGrowth = std::int64_t{256} << 20;  // bytes, over the whole graph
constexpr std::int64_t kMaxMacs = std::int64_t{1} << 30;      // of one node: about a second

std::int64_t bytes_of(const Rewriter& graph, std::span<const ValueId> values) {
    std::int64_t bytes = 0;
    for (ValueId id : values) {
        const TensorType& type = graph.type(id);
        bytes += type.shape.elements() * static_cast<std::int64_t>(size_of(type.dtype));
    }
    return bytes;
}

std::int64_t macs_of(const Rewriter& graph, const Node& node) {
    if (node.spec->macs == nullptr) return 0;
    std::vector<TensorType> types;
    for (ValueId id : node.own_inputs()) types.push_back(graph.type(id));
    return node.spec->macs(call_of(node, types));
}

}  // namespace

bool fold_constants(Graph& graph) {
    Rewriter rewriter(graph);
    std::int64_t growth = 0;
    return rewriter.sweep([&](Node& node) {
        std::vector<Tensor> inputs;
        for (ValueId id : node.inputs) {
            const Tensor* constant = rewriter.constant(id);
            if (constant == nullptr) return;
            inputs.push_back(*constant);
        }
        const auto more =
            std::max<std::int64_t>(0, bytes_of(rewriter, node.outputs) - bytes_of(rewriter, node.inputs));
        if (more > kMaxGrowth - growth || macs_of(rewriter, node) > kMaxMacs) return;
        growth += more;
        rewriter.replace_by_constants(node, interpret(node, inputs));
    });
}

}  // namespace dyce
