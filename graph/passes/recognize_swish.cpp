// Before: x * Sigmoid(x), x * Sigmoid(a * x)
// After:  Swish(x), alpha = a
// Conditions: a is one number.
#include "graph/passes/match.h"
#include "graph/passes/passes.h"

namespace dyce {

bool recognize_swish(Graph& graph) {
    using namespace pattern;
    const Pattern x = any(0);
    const Pattern form = mul(x, op("Sigmoid", {either({x, mul(x, any_scalar(1))})}));
    const OpSpec& swish = *find_op("Swish");
    Rewriter rewriter(graph);
    return rewriter.sweep([&](Node& node) {
        const auto match = match_pattern(rewriter, form, node.outputs[0]);
        if (!match) return;
        const float alpha = (*match)[1] < 0 ? 1.f : *rewriter.constant((*match)[1])->data<float>();
        rewriter.become(node, swish, {{"alpha", alpha}}, {(*match)[0]});
    });
}

}  // namespace dyce
