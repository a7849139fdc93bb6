// Before: d = x - ReduceMean(x);  d / Sqrt(ReduceMean(d * d) + epsilon)
// After:  LayerNormalization(x, ones); a following Mul and Add become its scale and bias in fold_affine.
// Conditions: both means are over the same last dimensions, the batch not among them, and keep them as 1;
//         epsilon is one number.
#include "graph/passes/match.h"
#include "graph/passes/passes.h"

#include <algorithm>

namespace dyce {
namespace {

// The first of the last dimensions that the node averages over; -1 when it averages over others.
int first_axis(const Node& mean, int rank) {
    auto axes = mean.attributes.integers("axes");
    if (mean.attributes.integer("keepdims", 1) == 0) return -1;
    for (std::int64_t& axis : axes) axis += axis < 0 ? rank : 0;
    std::sort(axes.begin(), axes.end());
    const int first = rank - static_cast<int>(axes.size());
    for (std::size_t i = 0; i < axes.size(); ++i)
        if (axes[i] != first + static_cast<int>(i)) return -1;
    return axes.empty() ? -1 : first;
}

Tensor ones(const Shape& shape) {
    Tensor tensor(DataType::kFloat32, shape);
    std::fill_n(tensor.mutable_data<float>(), tensor.elements(), 1.f);
    return tensor;
}

Pattern normalized() {
    using namespace pattern;
    const Pattern x = any(0);
    const Pattern difference = op("Sub", {x, bind(1, op("ReduceMean", {x}))});
    const Pattern variance = bind(2, op("ReduceMean", {square(difference)}));
    return op("Div", {difference, op("Sqrt", {add(variance, any_scalar(3))})});
}

}  // namespace

bool recognize_layer_norm(Graph& graph) {
    const Pattern form = normalized();
    const OpSpec& layer_norm = *find_op("LayerNormalization");
    const int first_allowed = graph.batched ? 1 : 0;
    Rewriter rewriter(graph);
    return rewriter.sweep([&](Node& node) {
        const auto match = match_pattern(rewriter, form, node.outputs[0]);
        if (!match) return;
        const auto& [x, mean, variance, epsilon] = *match;
        const Shape& shape = rewriter.type(x).shape;
        const int axis = first_axis(*rewriter.producer(mean), shape.rank());
        if (axis < first_allowed || axis != first_axis(*rewriter.producer(variance), shape.rank())) return;
        const Attributes attributes{{"axis", static_cast<std::int64_t>(axis)},
                                    {"epsilon", *rewriter.constant(epsilon)->data<float>()}};
        const ValueId scale =
            rewriter.add_constant(node.name + ".scale", ones({shape.begin() + axis, shape.end()}));
        rewriter.become(node, layer_norm, attributes, {x, scale});
    });
}

}  // namespace dyce
