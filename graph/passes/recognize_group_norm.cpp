// Before: Reshape(GroupNormalization(Reshape(x))), the first Reshape making a channel of each group (InstanceNormalization
//         of ONNX, which came in as GroupNormalization), the second undoing it
// After:  GroupNormalization(x) with as many groups, each channel with the scale and bias of its group; a following
//         Mul and Add become its scale and bias in fold_affine.
// Conditions: scale and bias are constants; the groups divide the channels of x.
#include "graph/passes/passes.h"
#include "graph/passes/rewriter.h"

#include <algorithm>

namespace dyce {
namespace {

const Node* producer_of_kind(const Rewriter& graph, ValueId value, std::string_view op) {
    const Node* node = graph.producer(value);
    return node != nullptr && node->spec->name == op && node->post_ops.empty() ? node : nullptr;
}

// The number of each group for all its channels; none when they are no constant.
std::optional<Tensor> of_channels(const Tensor* groups, std::int64_t channels) {
    if (groups == nullptr) return std::nullopt;
    Tensor result(DataType::kFloat32, {channels});
    const std::int64_t per_group = channels / groups->elements();
    for (std::int64_t i = 0; i < channels; ++i)
        result.mutable_data<float>()[i] = groups->data<float>()[i / per_group];
    return result;
}

}  // namespace

bool recognize_group_norm(Graph& graph) {
    Rewriter rewriter(graph);
    return rewriter.sweep([&](Node& node) {
        if (node.spec->name != "Reshape" || !node.post_ops.empty()) return;
        const Node* norm = producer_of_kind(rewriter, node.inputs[0], "GroupNormalization");
        if (norm == nullptr) return;
        const Node* view = producer_of_kind(rewriter, norm->inputs[0], "Reshape");
        if (view == nullptr) return;
        const ValueId x = view->inputs[0];
        const Shape &shape = rewriter.type(x).shape, &grouped = rewriter.type(norm->inputs[0]).shape;
        const std::int64_t groups = norm->attributes.integer("num_groups", 0);
        if (shape.rank() < 2 || shape[0] != grouped[0] || grouped[1] != groups || shape[1] % groups != 0 ||
            rewriter.type(x) != rewriter.type(node.outputs[0]))
            return;
        const auto scale = of_channels(rewriter.constant(norm->inputs[1]), shape[1]);
        const auto bias = of_channels(rewriter.constant(norm->inputs[2]), shape[1]);
        if (!scale || !bias) return;
        const OpSpec& spec = *norm->spec;
        const Attributes attributes = norm->attributes;
        const ValueId scale_value = rewriter.add_constant(node.name + ".scale", *scale);
        rewriter.become(node, spec, attributes,
                        {x, scale_value, rewriter.add_constant(node.name + ".bias", *bias)});
    });
}

}  // namespace dyce
