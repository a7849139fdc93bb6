// Before: Clip(x + 3, 0, 6) / 6                               After: HardSigmoid(x), alpha = 1/6, beta = 1/2
// Before: x * HardSigmoid(x), x * Clip(x + 3, 0, 6) / 6       After: HardSwish(x)
// Conditions: factors in any order, the division also as a multiplication; HardSigmoid with the same alpha
//         and beta.
#include "graph/passes/match.h"
#include "graph/passes/passes.h"

#include <cmath>

namespace dyce {
namespace {

constexpr float kSlope = 1.f / 6;

bool clips_to_six(const Node& clip) {
    return clip.attributes.real("min", -INFINITY) == 0 && clip.attributes.real("max", INFINITY) == 6;
}

bool has_our_slope(const Node& hard_sigmoid) {
    return std::abs(hard_sigmoid.attributes.real("alpha", 0.2f) - kSlope) < 1e-6f &&
           hard_sigmoid.attributes.real("beta", 0.5f) == 0.5f;
}

}  // namespace

bool recognize_hard_swish(Graph& graph) {
    using namespace pattern;
    const Pattern x = any(0);
    const Pattern clip = op("Clip", {add(x, scalar(3))}, clips_to_six);
    const Pattern sigmoid_form = scaled(clip, 1.0 / 6);
    const Pattern swish_form =
        either({mul(x, op("HardSigmoid", {x}, has_our_slope)), product(x, clip, 1.0 / 6)});

    const OpSpec& hard_sigmoid = *find_op("HardSigmoid");
    const OpSpec& hard_swish = *find_op("HardSwish");
    Rewriter rewriter(graph);
    return rewriter.sweep([&](Node& node) {
        if (const auto swish = match_pattern(rewriter, swish_form, node.outputs[0]))
            rewriter.become(node, hard_swish, {}, {(*swish)[0]});
        else if (const auto sigmoid = match_pattern(rewriter, sigmoid_form, node.outputs[0]))
            rewriter.become(node, hard_sigmoid, {{"alpha", kSlope}, {"beta", 0.5f}}, {(*sigmoid)[0]});
    });
}

}  // namespace dyce
