#include "graph/exits/channel_axis.h"

#include "runtime/core/index.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

namespace dyce {
namespace {

bool is_one_of(const Node& node, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), node.spec->name) != names.end();
}

// The one axis besides that of the images that a mean leaves.
int axis_left(const Node& node, int rank) {
    std::vector<bool> is_reduced(static_cast<std::size_t>(rank), false);
    for (std::int64_t axis : node.attributes.integers("axes"))
        is_reduced[static_cast<std::size_t>(axis < 0 ? axis + rank : axis)] = true;
    int left = -1;
    for (int axis = 1; axis < rank; ++axis)
        if (!is_reduced[index(axis)]) left = left < 0 ? axis : rank;
    return left < rank && !is_reduced[0] ? left : -1;
}

// The axis of `to` that holds what axis `axis` of `from` does, where both are the same numbers in the same order.
int reshaped_axis(const Shape& from, const Shape& to, int axis) {
    std::int64_t before = 1;
    for (int i = 0; i < axis; ++i) before *= from[i];
    std::int64_t product = 1;
    for (int i = 0; i < to.rank(); product *= to[i++])
        if (product == before && to[i] == from[axis]) return i;
    return -1;
}

int transposed_axis(const Node& node, int rank, int axis) {
    const auto perm = node.attributes.integers("perm");
    if (perm.empty()) return rank - 1 - axis;
    return static_cast<int>(std::find(perm.begin(), perm.end(), axis) - perm.begin());
}

}  // namespace

int worked_axis(const BackboneValues& values, const Node& node) {
    const int rank = values.shape(node.inputs[0]).rank();
    if (is_one_of(node, {"Conv", "BatchNormalization", "GroupNormalization", "MaxPool", "AveragePool",
                         "GlobalAveragePool", "GlobalMaxPool", "AdaptiveAveragePool"}))
        return 1;
    if (is_one_of(node, {"LayerNormalization"})) {
        const std::int64_t axis = node.attributes.integer("axis", -1);
        return axis == -1 || axis == rank - 1 ? rank - 1 : -1;
    }
    if (is_one_of(node, {"Gemm"})) return node.attributes.integer("transA", 0) == 0 ? 1 : -1;
    if (is_one_of(node, {"MatMul"}))
        return !values.graph().value(node.inputs[0]).constant && values.graph().value(node.inputs[1]).constant
                   ? rank - 1
                   : -1;
    return is_one_of(node, {"ReduceMean"}) ? axis_left(node, rank) : -1;
}

int followed_axis(const BackboneValues& values, const Node& node, ValueId from, int axis) {
    const Shape& input = values.shape(from);
    const Shape& output = values.shape(node.outputs[0]);
    if (is_one_of(node, {"Transpose"})) return transposed_axis(node, input.rank(), axis);
    if (is_one_of(node, {"Reshape", "Flatten", "Squeeze", "Unsqueeze"}))
        return reshaped_axis(input, output, axis);
    if (is_one_of(node, {"MatMul", "Gemm", "Conv", "Softmax"}))
        return worked_axis(values, node) == axis && from == node.inputs[0] ? axis : -1;
    return input.rank() == output.rank() ? axis : -1;  // element by element, a part of it, or beside others
}

std::optional<int> find_channel_axis(const BackboneValues& values, ValueId value) {
    const auto& nodes = values.graph().nodes;
    std::vector<int> own;  // axis of `value` -> axis of what follows from it
    for (int axis = 0; axis < values.shape(value).rank(); ++axis) own.push_back(axis);
    std::map<ValueId, std::vector<int>> followed = {{value, own}};
    for (std::size_t n = index(values.maker(value) + 1); n < nodes.size(); ++n) {
        const Node& node = nodes[n];
        if (values.maker(node.outputs[0]) < 0) continue;
        const auto from = std::find_if(node.inputs.begin(), node.inputs.end(),
                                       [&](ValueId id) { return followed.count(id) > 0; });
        if (from == node.inputs.end()) continue;
        const std::vector<int> axes = followed[*from];
        const int worked = from == node.inputs.begin() ? worked_axis(values, node) : -1;
        const auto at = std::find(axes.begin() + 1, axes.end(), worked);
        if (worked > 0 && at != axes.end()) return static_cast<int>(at - axes.begin());
        for (const int axis : axes)
            followed[node.outputs[0]].push_back(axis < 0 ? -1 : followed_axis(values, node, *from, axis));
    }
    return {};
}

}  // namespace dyce
