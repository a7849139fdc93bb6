// Operators that give the same elements other dimensions, or another order.
#include "loaders/import/onnx/conversions.h"
#include "loaders/import/onnx/reshape.h"

#include <algorithm>

namespace dyce {

Attributes reshape_to(const NodeContext& node, const Shape& from, const Shape& to) {
    std::vector<std::int64_t> shape(to.begin(), to.end());
    if (std::find(shape.begin(), shape.end(), 0) != shape.end())
        return {{"allowzero", std::int64_t{1}}, {"shape", shape}};
    if (node.batched() && from.rank() > 0 && to.rank() > 0) shape[0] = from[0] == to[0] ? 0 : -1;
    return {{"shape", shape}};
}

namespace {

void convert_reshape(NodeContext& node) {
    Attributes wanted = node.attributes();
    wanted.set("shape", node.integers(1));
    const Shape to = node.infer("Reshape", {node.input(0)}, wanted).shape;
    node.finish("Reshape", {node.input(0)}, reshape_to(node, node.shape(0), to));
}

// A 1 in `shape` keeps the input's size, whatever the batch.
void convert_expand(NodeContext& node) {
    const Shape& from = node.shape(0);
    const Shape to = node.infer("Expand", {node.input(0)}, {{"shape", node.integers(1)}}).shape;
    std::vector<std::int64_t> shape(to.begin(), to.end());
    for (int i = 1; i <= from.rank(); ++i)
        if (from[-i] == to[-i]) shape[shape.size() - static_cast<std::size_t>(i)] = 1;
    node.finish("Expand", {node.input(0)}, {{"shape", shape}});
}

// The axes are an attribute up to operator set 12, an input from then on.
std::vector<std::int64_t> axes_of(const NodeContext& node) {
    return node.has_input(1) ? node.integers(1) : node.attributes().integers("axes");
}

void convert_squeeze(NodeContext& node) {
    auto axes = axes_of(node);
    if (!node.has_input(1) && !node.attributes().has("axes"))
        for (int axis = 0; axis < node.shape(0).rank(); ++axis)
            if (node.shape(0)[axis] == 1) axes.push_back(axis);
    node.finish("Squeeze", {node.input(0)}, {{"axes", axes}});
}

void convert_unsqueeze(NodeContext& node) {
    node.finish("Unsqueeze", {node.input(0)}, {{"axes", axes_of(node)}});
}

constexpr Conversion kShapeConversions[] = {
    {"Expand", 8, 25, 2, "", convert_expand, 1},
    {"Reshape", 6, 13, 2, "", convert_reshape, 1},
    {"Reshape", 14, 25, 2, "allowzero", convert_reshape, 1},
    {"Squeeze", 6, 12, 1, "axes", convert_squeeze},
    {"Squeeze", 13, 25, 2, "", convert_squeeze, 1},
    {"Unsqueeze", 6, 12, 1, "axes", convert_unsqueeze},
    {"Unsqueeze", 13, 25, 2, "", convert_unsqueeze, 1},
};

}  // namespace

std::span<const Conversion> shape_conversions() { return kShapeConversions; }

}  // namespace dyce
