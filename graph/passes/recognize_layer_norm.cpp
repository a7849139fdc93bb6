// Before: d = x - ReduceMean(x);  d / Sqrt(ReduceMean(d * d) + epsilon)
// After:  LayerNormalization(x, ones); a following Mul and Add become its scale and bias in fold_affine.
// Conditions: both means are over the same last dimensions, the batch not among them, and keep them as 1;
//         epsilon is one number.
#include "graph/passes/match.h"
#include "graph/passes/passes.h"
#include "graph/passes/reduced_axes.h"

#include <algorithm>

namespace dyce {
namespace {

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
        const ValueId x = (*match)[0], mean = (*match)[1], variance = (*match)[2], epsilon = (*match)[3];
        const Shape& shape = rewriter.type(x).shape;
        const auto axes = reduced_axes(*rewriter.producer(mean), shape.rank());
        if (axes.empty() || axes != axes_from(axes[0], shape.rank() - 1) || axes[0] < first_allowed ||
            axes != reduced_axes(*rewriter.producer(variance), shape.rank()))
            return;
        const int axis = axes[0];
        const Attributes attributes{{"axis", static_cast<std::int64_t>(axis)},
                                    {"epsilon", *rewriter.constant(epsilon)->data<float>()}};
        const ValueId scale =
            rewriter.add_constant(node.name + ".scale", ones({shape.begin() + axis, shape.end()}));
        rewriter.become(node, layer_norm, attributes, {x, scale});
    });
}

}  // namespace dyce
