#include "loaders/import/onnx/batch.h"

#include <dyce/error.h>

#include <algorithm>
#include <numeric>

namespace dyce {

void refuse_for_batch(const std::string& where, const std::string& message) {
    throw Error(
        ErrorCode::kContent, where,
        message + "; a model must be exported so that the first dimension of its input may have any size");
}

namespace {

using Axes = std::vector<std::int64_t>;

// The axes along which `node` lets elements of its input `i`, of the given rank, meet. Attributes are as the
// importer writes them.
Axes mixed_axes(const Node& node, int i, int rank) {
    const Attributes& attributes = node.attributes;
    const auto is = [op = node.spec->name](std::initializer_list<std::string_view> names) {
        return std::find(names.begin(), names.end(), op) != names.end();
    };
    if (is({"LogSoftmax", "Softmax", "TopK"})) return {attributes.integer("axis", -1)};
    if (is({"ArgMax", "ArgMin", "Concat", "CumSum", "Gather", "Split"}))
        return {attributes.integer("axis", 0)};
    if (is({"ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd", "ReduceSum", "Resize"}))
        return attributes.integers("axes");
    if (is({"Trilu"})) return {-2, -1};
    if (is({"MatMul"})) return {i == 0 || rank == 1 ? -1 : -2};
    if (is({"Gemm"})) return {(attributes.integer(i == 0 ? "transA" : "transB", 0) != 0) == (i == 0) ? 0 : 1};

    Axes axes;  // those from some axis on
    if (is({"LayerNormalization"}))
        axes.push_back(attributes.integer("axis", -1));
    else if (is({"AveragePool", "BatchNormalization", "Conv", "GlobalAveragePool", "GlobalMaxPool",
                 "GroupNormalization", "LRN", "MaxPool"}))
        axes.push_back(1);
    while (!axes.empty() && axes.back() + 1 < (axes[0] < 0 ? 0 : rank)) axes.push_back(axes.back() + 1);
    return axes;
}

// ScatterND: the axes that indices look into, and those that count the indices.
Axes scattered_axes(const Node& node, std::size_t i, const std::vector<TensorType>& types) {
    const Shape& indices = types[static_cast<std::size_t>(node.inputs[1])].shape;
    const std::int64_t depth = indices.rank() == 0 ? 0 : indices[-1];
    Axes axes(static_cast<std::size_t>(i == 0 ? depth : std::max(indices.rank() - 1, 0)));
    std::iota(axes.begin(), axes.end(), std::int64_t{0});
    return axes;
}

bool changes_size(const Node& node, const Shape& input, const Shape& output, int axis) {
    const bool may = node.spec->name == "Slice" || node.spec->name == "Pad" || node.spec->name == "Tile";
    return may && input[axis] != output[axis];
}

}  // namespace

void refuse_mixed_images(const Graph& graph) {
    const auto one = infer_types(graph, 1), other = infer_types(graph, kOtherBatch);
    for (const Node& node : graph.nodes)
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const auto id = static_cast<std::size_t>(node.inputs[i]);
            const Shape &shape = one[id].shape, &grown = other[id].shape;
            const Shape& output = other[static_cast<std::size_t>(node.outputs[0])].shape;
            const Axes mixed = node.spec->name == "ScatterND"
                                   ? scattered_axes(node, i, one)
                                   : mixed_axes(node, static_cast<int>(i), shape.rank());
            for (int axis = 0; axis < shape.rank(); ++axis) {
                if (shape[axis] == grown[axis]) continue;
                const bool named = std::any_of(mixed.begin(), mixed.end(), [&](std::int64_t m) {
                    return m == axis || m + shape.rank() == axis;
                });
                if (named || changes_size(node, grown, output, axis))
                    refuse_for_batch(node.name,
                                     std::string(node.spec->name) + " mixes the images of a batch");
            }
        }
}

}  // namespace dyce
