// Before: Gemm(.. Relu(Gemm(Flatten(pool(x)), W1, b1)) .., Wn, bn)
// After:  PooledMlp(x, W1, b1, .., Wn, bn)
// Conditions: the pool is a global average, an adaptive one, or an average of windows that tile its input;
//         nobody else reads the values between; weights and biases are constants; together they are small
//         enough that one core serves as well as all do.
#include "graph/passes/passes.h"
#include "graph/passes/rewriter.h"

#include <algorithm>
#include <optional>

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

class HeadMatch {
public:
    HeadMatch(const Rewriter& graph, const Node& last) : graph_(graph) { matches_ = match(last); }

    explicit operator bool() const { return matches_; }
    ValueId source() const { return source_; }
    const Grid& grid() const { return *grid_; }
    /// First layer first.
    const std::vector<Layer>& layers() const { return layers_; }

private:
    const Node* step_back(const Node& node) const {
        return graph_.read_once(node.inputs[0]) ? graph_.producer(node.inputs[0]) : nullptr;
    }

    bool match(const Node& last) {
        const Node* node = &last;
        std::int64_t weights = 0;
        for (auto layer = layer_of(graph_, *node); layer; layer = layer_of(graph_, *node)) {
            weights += layer->weights.elements();
            layers_.insert(layers_.begin(), std::move(*layer));
            node = step_back(*node);
            if (node == nullptr) return false;
            if (flattens(graph_, *node)) break;
            if (node->spec->name != "Relu" || (node = step_back(*node)) == nullptr) return false;
        }
        if (layers_.empty() || weights > kMaxWeights || !flattens(graph_, *node)) return false;
        node = step_back(*node);
        if (node == nullptr) return false;
        grid_ = grid_of(graph_, *node);
        source_ = node->inputs[0];
        return grid_.has_value();
    }

    const Rewriter& graph_;
    bool matches_ = false;
    ValueId source_ = -1;
    std::optional<Grid> grid_;
    std::vector<Layer> layers_;
};

}  // namespace

bool fuse_pooled_mlp(Graph& graph) {
    const OpSpec& spec = *find_op("PooledMlp", "dyce");
    Rewriter rewriter(graph);
    return rewriter.sweep([&](Node& node) {
        const HeadMatch match(rewriter, node);
        if (!match) return;
        std::vector<ValueId> inputs = {match.source()};
        for (std::size_t l = 0; l < match.layers().size(); ++l) {
            const std::string name = node.name + ".layer" + std::to_string(l);
            inputs.push_back(rewriter.add_constant(name + ".weight", match.layers()[l].weights));
            inputs.push_back(rewriter.add_constant(name + ".bias", match.layers()[l].bias));
        }
        rewriter.become(node, spec, {{"grid", match.grid()}}, std::move(inputs));
    });
}

}  // namespace dyce
