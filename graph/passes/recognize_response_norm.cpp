// Before: g = Sqrt(ReduceSum(x * x));  x + (beta + gamma * (x * (g / (ReduceMean(g) + epsilon))))
// After:  GlobalResponseNormalization(x, gamma, beta)
// Conditions: the sum is over all dimensions but the first and the last, the mean over the last, both keep
//         them as 1; gamma and beta are constants along the last; epsilon is one number.
#include "graph/passes/match.h"
#include "graph/passes/passes.h"
#include "graph/passes/reduced_axes.h"

namespace dyce {
namespace {

enum Slot { kX, kSum, kMean, kEpsilon, kGamma, kBeta };

Pattern response_norm() {
    using namespace pattern;
    const Pattern x = any(kX);
    const Pattern norm = op("Sqrt", {bind(kSum, op("ReduceSum", {square(x)}))});
    const Pattern mean = bind(kMean, op("ReduceMean", {norm}));
    const Pattern response = op("Div", {norm, add(mean, any_scalar(kEpsilon))});
    return add(x, add(any(kBeta), mul(any(kGamma), mul(x, response))));
}

// Whether the value is a constant with one number a channel, the channels last.
bool is_along_last(const Rewriter& graph, ValueId value, std::int64_t channels) {
    const Tensor* constant = graph.constant(value);
    return constant != nullptr && constant->dtype() == DataType::kFloat32 && constant->shape().rank() > 0 &&
           constant->shape()[-1] == channels && constant->elements() == channels;
}

ValueId as_vector(Rewriter& graph, ValueId value, const std::string& name) {
    const Tensor& constant = *graph.constant(value);
    if (constant.shape().rank() == 1) return value;
    return graph.add_constant(name, constant.reshaped({constant.elements()}));
}

}  // namespace

bool recognize_response_norm(Graph& graph) {
    const Pattern form = response_norm();
    const OpSpec& spec = *find_op("GlobalResponseNormalization", "dyce");
    Rewriter rewriter(graph);
    return rewriter.sweep([&](Node& node) {
        const auto match = match_pattern(rewriter, form, node.outputs[0]);
        if (!match) return;
        const Shape& shape = rewriter.type((*match)[kX]).shape;
        const int last = shape.rank() - 1;
        if (last < 2 || !is_along_last(rewriter, (*match)[kGamma], shape[last]) ||
            !is_along_last(rewriter, (*match)[kBeta], shape[last]) ||
            reduced_axes(*rewriter.producer((*match)[kSum]), shape.rank()) != axes_from(1, last - 1) ||
            reduced_axes(*rewriter.producer((*match)[kMean]), shape.rank()) != axes_from(last, last))
            return;
        std::vector<std::int64_t> spatial;
        for (const int axis : axes_from(1, last - 1)) spatial.push_back(axis);
        const float epsilon = *rewriter.constant((*match)[kEpsilon])->data<float>();
        const ValueId gamma = as_vector(rewriter, (*match)[kGamma], node.name + ".gamma");
        const ValueId beta = as_vector(rewriter, (*match)[kBeta], node.name + ".beta");
        rewriter.become(node, spec, {{"axes", spatial}, {"epsilon", epsilon}}, {(*match)[kX], gamma, beta});
    });
}

}  // namespace dyce
