// Operators that give the same elements other dimensions, or another order.
#include "loaders/import/onnx/conversions.h"
#include "loaders/import/onnx/reshape.h"
#include "runtime/core/checked.h"

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

// Whether a first dimension written as 1 is the batch: what is there fills that many such shapes.
bool starts_with_batch(const NodeContext& node, const std::vector<std::int64_t>& shape) {
    const Shape& from = node.shape(0);
    if (!node.batched() || from.rank() == 0 || from[0] != node.batch() || shape.empty() || shape[0] != 1)
        return false;
    std::int64_t elements = 1;
    bool is_open = false;
    for (std::size_t i = 0; i < shape.size(); ++i) {
        const auto axis = static_cast<int>(i);
        const std::int64_t dim = shape[i] == 0 && axis < from.rank() ? from[axis] : shape[i];
        is_open = is_open || dim == -1;
        if (dim != -1 && !checked_multiply(elements, dim, &elements)) return false;
    }
    const std::int64_t of_one = from.elements() / node.batch();
    return is_open ? elements > 0 && of_one % elements == 0 : of_one == elements;
}

void convert_reshape(NodeContext& node) {
    Attributes wanted = node.attributes();
    auto shape = node.integers(1);
    if (!node.input(0)->constant && starts_with_batch(node, shape)) shape[0] = node.batch();
    wanted.set("shape", shape);
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
    if (!node.has_input(1) && !node.attributes().has("axes")) {
        // A batch of one stays a batch.
        const bool has_batch = node.batched() && !node.input(0)->constant && node.shape(0).rank() > 0 &&
                               node.shape(0)[0] == node.batch();
        for (int axis = has_batch ? 1 : 0; axis < node.shape(0).rank(); ++axis)
            if (node.shape(0)[axis] == 1) axes.push_back(axis);
    }
    node.finish("Squeeze", {node.input(0)}, {{"axes", axes}});
}

void convert_unsqueeze(NodeContext& node) {
    node.finish("Unsqueeze", {node.input(0)}, {{"axes", axes_of(node)}});
}

void convert_tile(NodeContext& node) {
    node.finish("Tile", {node.input(0)}, {{"repeats", node.integers(1)}});
}

// Blocks of pixels become channels, or channels blocks of pixels: six axes in another order.
void rearrange(NodeContext& node, const std::vector<std::int64_t>& split,
               const std::vector<std::int64_t>& order, const Shape& to) {
    Operand* blocks = node.add("Reshape", {node.input(0)}, {{"shape", split}});
    Operand* moved = node.add("Transpose", {blocks}, {{"perm", order}});
    node.finish("Reshape", {moved}, {{"shape", std::vector<std::int64_t>{0, to[1], to[2], to[3]}}});
}

// Checks the input's rank, and that `axes` are multiples of the block.
std::int64_t block_of(const NodeContext& node) {
    const std::int64_t block = node.attributes().integer("blocksize", 0);
    if (node.shape(0).rank() != 4 || block < 1 || block > 16'384)
        node.fail("blocks of " + std::to_string(block) + " in " + node.shape(0).to_string() +
                  ", expected some in NxCxHxW");
    return block;
}

void convert_depth_to_space(NodeContext& node) {
    const std::int64_t b = block_of(node);
    const Shape& x = node.shape(0);
    if (x[1] % (b * b) != 0)
        node.fail(std::to_string(x[1]) + " channels, expected a multiple of " + std::to_string(b * b));
    const std::int64_t c = x[1] / (b * b);
    const Shape to{x[0], c, x[2] * b, x[3] * b};
    const std::string mode = node.attributes().text("mode", "DCR");
    if (mode == "DCR") return rearrange(node, {0, b, b, c, x[2], x[3]}, {0, 3, 4, 1, 5, 2}, to);
    if (mode == "CRD") return rearrange(node, {0, c, b, b, x[2], x[3]}, {0, 1, 4, 2, 5, 3}, to);
    node.fail("mode is \"" + mode + "\", expected DCR or CRD");
}

void convert_space_to_depth(NodeContext& node) {
    const std::int64_t b = block_of(node);
    const Shape& x = node.shape(0);
    if (x[2] % b != 0 || x[3] % b != 0)
        node.fail(x.to_string() + " in blocks of " + std::to_string(b) + ", expected multiples");
    rearrange(node, {0, x[1], x[2] / b, b, x[3] / b, b}, {0, 3, 5, 1, 2, 4},
              {x[0], x[1] * b * b, x[2] / b, x[3] / b});
}

constexpr Conversion kShapeConversions[] = {
    {"DepthToSpace", 6, 10, 1, "blocksize", convert_depth_to_space},
    {"DepthToSpace", 11, 25, 1, "blocksize mode", convert_depth_to_space},
    {"Expand", 8, 25, 2, "", convert_expand, 1},
    {"Reshape", 6, 13, 2, "", convert_reshape, 1},
    {"Reshape", 14, 25, 2, "allowzero", convert_reshape, 1},
    {"SpaceToDepth", 6, 25, 1, "blocksize", convert_space_to_depth},
    {"Squeeze", 6, 12, 1, "axes", convert_squeeze},
    {"Squeeze", 13, 25, 2, "", convert_squeeze, 1},
    {"Tile", 6, 25, 2, "", convert_tile, 1},
    {"Unsqueeze", 6, 12, 1, "axes", convert_unsqueeze},
    {"Unsqueeze", 13, 25, 2, "", convert_unsqueeze, 1},
};

}  // namespace

std::span<const Conversion> shape_conversions() { return kShapeConversions; }

}  // namespace dyce
