// Before: Exp(d) / ReduceSum(Exp(d)), d being x or x - ReduceMax(x); the quotient may be written as a product with
//         the sum's power -1
//         d - Log(ReduceSum(Exp(d))), x - (Log(ReduceSum(Exp(d))) + ReduceMax(x))
// After:  Softmax(x); LogSoftmax(x)
// Conditions: the sum is over one dimension of more than one, not over the images, and keeps it as 1; the largest is
//         taken over the same.
#include "graph/passes/match.h"
#include "graph/passes/passes.h"
#include "graph/passes/reduced_axes.h"

namespace dyce {
namespace {

enum SoftmaxSlot { kInput, kSumOfPowers, kLargest };

struct SoftmaxForm {
    const OpSpec* becomes;
    Pattern pattern;
};

Pattern sum_of_powers(const Pattern& x) {
    using namespace pattern;
    return bind(kSumOfPowers, op("ReduceSum", {op("Exp", {x})}));
}

Pattern share_of_powers(const Pattern& x) {
    using namespace pattern;
    const Pattern power = op("Exp", {x}), sum = sum_of_powers(x);
    return either({op("Div", {power, sum}), mul(power, op("Pow", {sum, scalar(-1)}))});
}

Pattern below_log_of_sum(const Pattern& x) {
    using namespace pattern;
    return op("Sub", {x, op("Log", {sum_of_powers(x)})});
}

// Those that take the largest out first: without them the rest matches, too, and leaves it.
std::vector<SoftmaxForm> softmax_forms() {
    using namespace pattern;
    const Pattern x = any(kInput), largest = bind(kLargest, op("ReduceMax", {x}));
    const Pattern shifted = op("Sub", {x, largest});
    const OpSpec *softmax = find_op("Softmax"), *log_softmax = find_op("LogSoftmax");
    return {{softmax, share_of_powers(shifted)},
            {log_softmax, below_log_of_sum(shifted)},
            {log_softmax, op("Sub", {x, add(op("Log", {sum_of_powers(shifted)}), largest)})},
            {softmax, share_of_powers(x)},
            {log_softmax, below_log_of_sum(x)}};
}

// The one dimension of more than one that the reduction covers; -1 when there is no such.
int only_axis(const Node& reduction, const Shape& shape) {
    int found = -1;
    for (const int axis : reduced_axes(reduction, shape.rank())) {
        if (shape[axis] == 1) continue;
        if (found >= 0) return -1;
        found = axis;
    }
    return found;
}

}  // namespace

bool recognize_softmax(Graph& graph) {
    const auto forms = softmax_forms();
    const int first_allowed = graph.batched ? 1 : 0;
    Rewriter rewriter(graph);
    return rewriter.sweep([&](Node& node) {
        for (const auto& [spec, form] : forms) {
            const auto match = match_pattern(rewriter, form, node.outputs[0]);
            if (!match) continue;
            const ValueId x = (*match)[kInput], sum = (*match)[kSumOfPowers], largest = (*match)[kLargest];
            const Shape& shape = rewriter.type(x).shape;
            const int axis = only_axis(*rewriter.producer(sum), shape);
            if (axis < first_allowed) continue;
            if (largest >= 0 && only_axis(*rewriter.producer(largest), shape) != axis) continue;
            if (rewriter.become(node, *spec, {{"axis", static_cast<std::int64_t>(axis)}}, {x})) return;
        }
    });
}

}  // namespace dyce
