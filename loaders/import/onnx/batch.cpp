#include "loaders/import/onnx/batch.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstring>

namespace dyce {
namespace {

[[noreturn]] void fail(const std::string& where, const std::string& message) {
    throw Error(
        ErrorCode::kContent, where,
        message + "; a model must be exported so that the first dimension of its input may have any size");
}

bool same(const Value& a, const Value& b) {
    if (!a.constant || !b.constant) return !a.constant && !b.constant;
    return a.constant->type() == b.constant->type() &&
           (a.constant->bytes() == b.constant->bytes() ||
            std::memcmp(a.constant->bytes(), b.constant->bytes(), a.constant->byte_size()) == 0);
}

using Axes = std::vector<std::int64_t>;

// The axes along which `node` lets elements of its input `i`, of the given rank, meet. Attributes are as the
// importer writes them.
Axes mixed_axes(const Node& node, int i, int rank) {
    const Attributes& attributes = node.attributes;
    const auto is = [op = node.spec->name](std::initializer_list<std::string_view> names) {
        return std::find(names.begin(), names.end(), op) != names.end();
    };
    if (is({"LogSoftmax", "Softmax", "TopK"})) return {attributes.integer("axis", -1)};
    if (is({"ArgMax", "ArgMin", "Concat", "Gather", "Split"})) return {attributes.integer("axis", 0)};
    if (is({"ReduceMean", "ReduceSum", "Resize"})) return attributes.integers("axes");
    if (is({"MatMul"})) return {i == 0 || rank == 1 ? -1 : -2};
    if (is({"Gemm"})) return {(attributes.integer(i == 0 ? "transA" : "transB", 0) != 0) == (i == 0) ? 0 : 1};

    Axes axes;  // those from some axis on
    if (is({"LayerNormalization"}))
        axes.push_back(attributes.integer("axis", -1));
    else if (is({"AveragePool", "BatchNormalization", "Conv", "GlobalAveragePool", "GlobalMaxPool",
                 "MaxPool"}))
        axes.push_back(1);
    while (!axes.empty() && axes.back() + 1 < (axes[0] < 0 ? 0 : rank)) axes.push_back(axes.back() + 1);
    return axes;
}

bool changes_size(const Node& node, const Shape& input, const Shape& output, int axis) {
    return (node.spec->name == "Slice" || node.spec->name == "Pad") && input[axis] != output[axis];
}

}  // namespace

void refuse_batch_dependence(const Graph& one, const Graph& other) {
    const std::size_t count = std::min(one.nodes.size(), other.nodes.size());
    for (std::size_t n = 0; n < count; ++n) {
        const Node &a = one.nodes[n], &b = other.nodes[n];
        for (std::size_t i = 0; i < std::min(a.inputs.size(), b.inputs.size()); ++i)
            if (!same(one.value(a.inputs[i]), other.value(b.inputs[i])))
                fail(one.value(a.inputs[i]).name, "a constant that depends on the number of images");
        if (a.spec != b.spec || a.inputs != b.inputs || a.outputs != b.outputs ||
            a.attributes != b.attributes)
            fail(a.name, std::string(a.spec->name) + " depends on the number of images");
    }
    if (one.nodes.size() != other.nodes.size() || one.outputs != other.outputs)
        fail("graph", "what it computes depends on the number of images");
}

void refuse_mixed_images(const Graph& graph) {
    const auto one = infer_types(graph, 1), other = infer_types(graph, kOtherBatch);
    for (const Node& node : graph.nodes)
        for (std::size_t i = 0; i < node.inputs.size(); ++i) {
            const auto id = static_cast<std::size_t>(node.inputs[i]);
            const Shape &shape = one[id].shape, &grown = other[id].shape;
            const Shape& output = other[static_cast<std::size_t>(node.outputs[0])].shape;
            const Axes mixed = mixed_axes(node, static_cast<int>(i), shape.rank());
            for (int axis = 0; axis < shape.rank(); ++axis) {
                if (shape[axis] == grown[axis]) continue;
                const bool named = std::any_of(mixed.begin(), mixed.end(), [&](std::int64_t m) {
                    return m == axis || m + shape.rank() == axis;
                });
                if (named || changes_size(node, grown, output, axis))
                    fail(node.name, std::string(node.spec->name) + " mixes the images of a batch");
            }
        }
}

}  // namespace dyce
