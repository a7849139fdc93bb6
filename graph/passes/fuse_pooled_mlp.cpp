// Before: Gemm(Flatten(pool(x)), W1, b1), Gemm(Flatten(pool(x) * f), W1, b1),
//         Gemm(Relu(PooledMlp(x, W1, b1, ..)), Wn, bn)
// After:  PooledMlp(x, W1, b1), PooledMlp(x, f, W1, b1), PooledMlp(x, W1, b1, .., Wn, bn)
// Conditions: the pool is a global average, an adaptive one, or an average of windows that tile its input;
//         f are constants, one for each pooled number; nothing else reads the values between; weights and biases are
//         constants; together they are small enough that one core serves as well as all do. Weights that several
//         heads read stay one constant.
#include "graph/passes/passes.h"
#include "graph/passes/rewriter.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace dyce {
namespace {

constexpr std::int64_t kMaxWeights = std::int64_t{1} << 18;

// One layer, read off a Gemm.
struct Layer {
    Tensor weights;  // in x out
    Tensor bias;     // out
};

Tensor transposed(const Tensor& matrix) {
    const std::int64_t rows = matrix.shape()[0], columns = matrix.shape()[1];
    Tensor result(DataType::kFloat32, {columns, rows});
    for (std::int64_t i = 0; i < rows; ++i)
        for (std::int64_t j = 0; j < columns; ++j)
            result.mutable_data<float>()[j * rows + i] = matrix.data<float>()[i * columns + j];
    return result;
}

std::optional<Layer> layer_of(const Rewriter& graph, const Node& node) {
    if (node.spec->name != "Gemm" || !node.post_ops.empty() || node.attributes.integer("transA", 0) != 0 ||
        node.attributes.real("alpha", 1) != 1 || node.attributes.real("beta", 1) != 1)
        return {};
    const Tensor* weights = graph.constant(node.inputs[1]);
    if (weights == nullptr || weights->elements() > kMaxWeights) return {};
    Layer layer;
    layer.weights = node.attributes.integer("transB", 0) != 0 ? transposed(*weights) : *weights;
    const std::int64_t out = layer.weights.shape()[1];
    layer.bias = Tensor(DataType::kFloat32, {out});
    std::fill_n(layer.bias.mutable_data<float>(), out, 0.f);
    if (node.inputs.size() > 2) {
        const Tensor* bias = graph.constant(node.inputs[2]);
        if (bias == nullptr || bias->elements() != out || bias->shape()[-1] != out) return {};
        layer.bias = bias->reshaped({out});
    }
    return layer;
}

using Grid = std::vector<std::int64_t>;

// The grid that the node pools its input to.
std::optional<Grid> grid_of(const Rewriter& graph, const Node& node) {
    const Shape& from = graph.type(node.inputs[0]).shape;
    const Shape& to = graph.type(node.outputs[0]).shape;
    if (from.rank() != 4 || !node.post_ops.empty()) return {};
    const Grid grid = {to[2], to[3]};
    if (node.spec->name == "GlobalAveragePool" || node.spec->name == "AdaptiveAveragePool") return grid;
    if (node.spec->name != "AveragePool") return {};
    const Grid kernel = node.attributes.integers("kernel_shape");
    const Grid pads = node.attributes.integers("pads"), dilations = node.attributes.integers("dilations");
    const bool tiles = kernel == node.attributes.integers("strides", {1, 1}) &&
                       from[2] == kernel[0] * grid[0] && from[3] == kernel[1] * grid[1];
    const auto is_not = [](std::int64_t usual) { return [usual](std::int64_t v) { return v != usual; }; };
    if (!tiles || std::any_of(pads.begin(), pads.end(), is_not(0)) ||
        std::any_of(dilations.begin(), dilations.end(), is_not(1)))
        return {};
    return grid;
}

// Whether the node lays out N x C x H x W as N x CHW.
bool flattens(const Rewriter& graph, const Node& node) {
    if (node.spec->name != "Flatten" && node.spec->name != "Reshape" && node.spec->name != "Squeeze")
        return false;
    const Shape& from = graph.type(node.inputs[0]).shape;
    const Shape& to = graph.type(node.outputs[0]).shape;
    return node.post_ops.empty() && from.rank() == 4 && to.rank() == 2 && to[0] == from[0];
}

// Numbers that the node multiplies those of a map by.
std::optional<Tensor> factors_of(const Rewriter& graph, const Node& node) {
    if (node.spec->name != "Mul" || !node.post_ops.empty()) return {};
    const Tensor* factors = graph.constant(node.inputs[1]);
    const Shape& map = graph.type(node.inputs[0]).shape;
    if (factors == nullptr || factors->dtype() != DataType::kFloat32 || map.rank() != 4 ||
        factors->shape() != Shape{1, map[1], map[2], map[3]} || graph.type(node.outputs[0]).shape != map)
        return {};
    return factors->reshaped({factors->elements()});
}

// What a Gemm would become; its last layer is still to be added.
struct Head {
    Grid grid;
    std::vector<ValueId> inputs;
    std::optional<Tensor> factors = {};  // still to be added, too
};

const Node* producer_for_one(const Rewriter& graph, ValueId value) {
    return graph.read_once(value) ? graph.producer(value) : nullptr;
}

// The head without a layer that begins at the flattened values, or the one that ends before the ReLU.
std::optional<Head> head_before(const Rewriter& graph, ValueId value) {
    const Node* node = producer_for_one(graph, value);
    if (node == nullptr) return {};
    const Node* before = producer_for_one(graph, node->inputs[0]);
    if (before == nullptr) return {};
    if (node->spec->name == "Relu" && before->spec->name == "PooledMlp")
        return Head{before->attributes.integers("grid"), before->inputs};
    if (!flattens(graph, *node)) return {};
    auto factors = factors_of(graph, *before);
    if (factors) before = producer_for_one(graph, before->inputs[0]);
    const auto grid = before == nullptr ? std::nullopt : grid_of(graph, *before);
    if (!grid) return {};
    return Head{*grid, {before->inputs[0]}, std::move(factors)};
}

std::int64_t count_weights(const Rewriter& graph, const std::vector<ValueId>& inputs) {
    std::int64_t count = 0;
    for (std::size_t i = 1; i < inputs.size(); ++i) count += graph.constant(inputs[i])->elements();
    return count;
}

}  // namespace

// Layers join one after another: nodes are visited in the order in which they run.
bool fuse_pooled_mlp(Graph& graph) {
    const OpSpec& spec = *find_op("PooledMlp", "dyce");
    Rewriter rewriter(graph);
    std::map<std::pair<ValueId, bool>, ValueId> laid_out;  // weights, by what they were read from and how
    return rewriter.sweep([&](Node& node) {
        const auto layer = layer_of(rewriter, node);
        if (!layer) return;
        auto head = head_before(rewriter, node.inputs[0]);
        if (!head || count_weights(rewriter, head->inputs) + layer->weights.elements() > kMaxWeights) return;
        if (head->factors)
            head->inputs.push_back(rewriter.add_constant(node.name + ".factors", *head->factors));
        const bool is_turned = node.attributes.integer("transB", 0) != 0;
        const auto [weights, is_new] = laid_out.try_emplace({node.inputs[1], is_turned}, -1);
        if (is_new) weights->second = rewriter.add_constant(node.name + ".weight", layer->weights);
        head->inputs.push_back(weights->second);
        head->inputs.push_back(rewriter.add_constant(node.name + ".bias", layer->bias));
        rewriter.become(node, spec, {{"grid", head->grid}}, std::move(head->inputs));
    });
}

}  // namespace dyce
