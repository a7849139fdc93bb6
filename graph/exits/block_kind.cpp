#include "graph/exits/block_kind.h"

#include "graph/exits/channel_axis.h"
#include "runtime/core/index.h"

#include <algorithm>
#include <map>
#include <string_view>

namespace dyce {
namespace {

bool is_view(const Node& node) {
    constexpr std::string_view kViews[] = {"Reshape", "Transpose", "Identity",
                                           "Flatten", "Squeeze",   "Unsqueeze"};
    return std::find(std::begin(kViews), std::end(kViews), node.spec->name) != std::end(kViews);
}

bool multiplies_computed(const BackboneValues& values, const Node& node) {
    return node.spec->name == "MatMul" && !values.graph().value(node.inputs[0]).constant &&
           !values.graph().value(node.inputs[1]).constant;
}

// Whether the node does to each position, whose channels lie along `axis`, what it would do to it alone.
bool is_pointwise(const BackboneValues& values, const Node& node, int axis) {
    const std::string_view name = node.spec->name;
    if (node.spec->eltwise != nullptr || node.spec->binary != BinaryKind::kNone || is_view(node)) return true;
    if (name == "Slice" || name == "Split") {
        const Shape &from = values.shape(node.inputs[0]), &to = values.shape(node.outputs[0]);
        return from.elements() / from[axis] == to.elements() / std::max<std::int64_t>(to[axis], 1);
    }
    if (name == "Conv") {
        const Shape& weights = values.shape(node.inputs[1]);
        return axis == 1 && weights[2] == 1 && weights[3] == 1;
    }
    const bool is_linear = name == "LayerNormalization" || name == "MatMul" || name == "Gemm";
    return is_linear && worked_axis(values, node) == axis;
}

}  // namespace

BlockKind find_block_kind(const BackboneValues& values, ValueId from, int axis, ValueId to) {
    const auto& nodes = values.graph().nodes;
    std::map<ValueId, int> axes = {{from, axis}};
    bool is_all_pointwise = from >= 0;
    const NodeId first = from < 0 ? 0 : values.maker(from) + 1;
    for (NodeId n = first; n < values.maker(to); ++n) {
        const Node& node = nodes[index(n)];
        if (values.maker(node.outputs[0]) < 0) continue;
        if (multiplies_computed(values, node)) return BlockKind::kAttention;
        const auto input = std::find_if(node.inputs.begin(), node.inputs.end(),
                                        [&](ValueId id) { return axes.count(id) > 0; });
        const int at = input == node.inputs.end() ? -1 : axes[*input];
        is_all_pointwise = is_all_pointwise && at > 0 && is_pointwise(values, node, at);
        if (!is_all_pointwise) continue;
        for (const ValueId output : node.outputs) axes[output] = followed_axis(values, node, *input, at);
    }
    return is_all_pointwise ? BlockKind::kPointwise : BlockKind::kMixer;
}

bool adds_to(const BackboneValues& values, ValueId sum, ValueId value) {
    const auto source = [&](ValueId id) {
        while (id != value && values.maker(id) >= 0 && is_view(values.graph().nodes[index(values.maker(id))]))
            id = values.graph().nodes[index(values.maker(id))].inputs[0];
        return id;
    };
    const Node& node = values.graph().nodes[index(values.maker(sum))];
    return node.spec->name == "Add" && std::any_of(node.inputs.begin(), node.inputs.end(),
                                                   [&](ValueId id) { return source(id) == value; });
}

}  // namespace dyce
