// Before: y = affine(linear(x)): affine multiplies each channel by a constant and adds another to it -
//         BatchNormalization, or Mul, Div, Add, Sub with a constant - and linear is Conv, Gemm, MatMul,
//         MatMul + Add, LayerNormalization or GroupNormalization with constant parameters
// After:  y = linear(x), those constants worked into its weights and bias; a MatMul that gains a bias becomes
//         a Gemm.
// Conditions: nothing else reads the value between; the constants vary along output channels of the linear only
//         (dimension 1 of a Conv or GroupNormalization, else the last); a MatMul of more than two dimensions has no bias to gain;
//         all results are finite.
#include "graph/passes/passes.h"
#include "graph/passes/rewriter.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dyce {
namespace {

using Numbers = std::vector<double>;  // one per channel

struct Affine {
    Numbers scale, shift;
};

// Where a node keeps a constant with one number or slice a channel, along `axis`. A bias may have fewer than
// `rank` dimensions: it is broadcast to as many.
struct Place {
    Node* node = nullptr;
    std::size_t input = 0;
    int axis = 0;
    int rank = 1;
};

struct Linear {
    Node* last;  // makes the result
    int axis;    // of the result's channels
    Place weights;
    Place bias;  // no node: no room for one
};

// The constant as numbers of the channels along `axis` of a value of `rank` dimensions it is broadcast to.
std::optional<Numbers> spread(const Tensor* constant, int rank, int axis, std::int64_t channels) {
    if (constant == nullptr || constant->dtype() != DataType::kFloat32) return std::nullopt;
    const Shape& shape = constant->shape();
    if (shape.rank() > rank) return std::nullopt;
    for (int d = 0; d < shape.rank(); ++d)
        if (shape[d] != 1 && (d + rank - shape.rank() != axis || shape[d] != channels)) return std::nullopt;
    const float* data = constant->data<float>();
    if (constant->elements() == 1) return Numbers(static_cast<std::size_t>(channels), *data);
    return Numbers(data, data + channels);
}

std::optional<Affine> batch_norm(const Rewriter& graph, const Node& node, int axis, std::int64_t channels) {
    if (axis != 1) return std::nullopt;
    std::array<Numbers, 4> parameters;  // scale, bias, mean, variance
    for (std::size_t i = 0; i < 4; ++i) {
        auto numbers = spread(graph.constant(node.inputs[i + 1]), 1, 0, channels);
        if (!numbers) return std::nullopt;
        parameters[i] = std::move(*numbers);
    }
    auto& [scale, shift, mean, variance] = parameters;
    const double epsilon = node.attributes.real("epsilon", 1e-5f);
    for (std::size_t c = 0; c < scale.size(); ++c) {
        scale[c] /= std::sqrt(variance[c] + epsilon);
        shift[c] -= mean[c] * scale[c];
    }
    return Affine{std::move(scale), std::move(shift)};
}

// The node as scale * x + shift, where x is its input `x`.
std::optional<Affine> affine_of(const Rewriter& graph, const Node& node, std::size_t x, int axis) {
    const TensorType& type = graph.type(node.inputs[x]);
    if (type != graph.type(node.outputs[0])) return std::nullopt;
    const std::int64_t channels = type.shape[axis];
    if (node.spec->name == "BatchNormalization") return batch_norm(graph, node, axis, channels);

    const auto numbers = spread(graph.constant(node.inputs[1 - x]), type.shape.rank(), axis, channels);
    if (!numbers) return std::nullopt;
    Affine affine{Numbers(numbers->size(), 1.0), Numbers(numbers->size(), 0.0)};
    switch (node.spec->binary) {
        case BinaryKind::kMul: affine.scale = *numbers; break;
        case BinaryKind::kAdd: affine.shift = *numbers; break;
        case BinaryKind::kDiv:
            if (x == 1) return std::nullopt;
            for (std::size_t c = 0; c < numbers->size(); ++c) affine.scale[c] = 1 / (*numbers)[c];
            break;
        case BinaryKind::kSub:
            if (x == 1) {
                affine = {Numbers(numbers->size(), -1.0), *numbers};
            } else {
                for (std::size_t c = 0; c < numbers->size(); ++c) affine.shift[c] = -(*numbers)[c];
            }
            break;
        case BinaryKind::kNone: return std::nullopt;
    }
    return affine;
}

// The node that makes `value` for one reader alone, or nullptr.
Node* sole_producer(const Rewriter& graph, ValueId value) {
    Node* node = graph.producer(value);
    const bool fits = node != nullptr && graph.read_once(value) && node->post_ops.empty() &&
                      node->inputs.size() >= 2 && node->outputs.size() == 1;
    return fits ? node : nullptr;
}

std::optional<Linear> linear_of_matmul(const Rewriter& graph, Node* matmul) {
    if (graph.type(matmul->inputs[1]).shape.rank() != 2) return std::nullopt;
    return Linear{matmul, graph.type(matmul->outputs[0]).shape.rank() - 1, {matmul, 1, 1}, {}};
}

// MatMul + constant: the Add has the place of the bias.
std::optional<Linear> product_and_bias(const Rewriter& graph, Node* add) {
    for (const std::size_t side : {0u, 1u}) {
        const ValueId value = add->inputs[side];
        Node* matmul = sole_producer(graph, value);
        if (matmul == nullptr || matmul->spec->name != "MatMul" ||
            graph.type(value) != graph.type(add->outputs[0]))
            continue;
        auto linear = linear_of_matmul(graph, matmul);
        if (!linear) continue;
        linear->last = add;
        linear->bias = {add, 1 - side, linear->axis, linear->axis + 1};
        return linear;
    }
    return std::nullopt;
}

std::optional<Linear> linear_before(const Rewriter& graph, ValueId value) {
    Node* node = sole_producer(graph, value);
    if (node == nullptr) return std::nullopt;
    const std::string_view op = node->spec->name;
    if (op == "Conv" || op == "GroupNormalization") return Linear{node, 1, {node, 1, 0}, {node, 2, 0}};
    if (op == "Gemm") {
        const int columns = node->attributes.integer("transB", 0) != 0 ? 0 : 1;
        return Linear{node, 1, {node, 1, columns}, {node, 2, 1, 2}};
    }
    if (op == "MatMul") return linear_of_matmul(graph, node);
    if (op == "Add") return product_and_bias(graph, node);
    if (op == "LayerNormalization" && graph.type(node->inputs[1]).shape.rank() == 1)
        return Linear{node, graph.type(value).shape.rank() - 1, {node, 1, 0}, {node, 2, 0}};
    return std::nullopt;
}

Tensor as_tensor(const Numbers& numbers) {
    Tensor tensor(DataType::kFloat32, {static_cast<std::int64_t>(numbers.size())});
    std::transform(numbers.begin(), numbers.end(), tensor.mutable_data<float>(),
                   [](double v) { return static_cast<float>(v); });
    return tensor;
}

// Multiplies each slice along `axis` by its number.
Tensor scaled_along(Tensor tensor, int axis, const Numbers& scale) {
    std::int64_t inner = 1;
    for (int d = axis + 1; d < tensor.shape().rank(); ++d) inner *= tensor.shape()[d];
    const auto channels = static_cast<std::int64_t>(scale.size());
    float* data = tensor.mutable_data<float>();
    for (std::int64_t i = 0; i < tensor.elements(); ++i)
        data[i] = static_cast<float>(data[i] * scale[static_cast<std::size_t>(i / inner % channels)]);
    return tensor;
}

bool all_finite(const Tensor& tensor) {
    const float* data = tensor.data<float>();
    return std::all_of(data, data + tensor.elements(), [](float v) { return std::isfinite(v); });
}

bool is_all(const Numbers& numbers, double value) {
    return std::all_of(numbers.begin(), numbers.end(), [&](double v) { return v == value; });
}

// The bias there is (zeros when there is none), after the affine.
std::optional<Numbers> new_bias(const Rewriter& graph, const Place& place, const Affine& affine) {
    Numbers bias(affine.scale.size(), 0.0);
    if (place.node != nullptr && place.input < place.node->inputs.size()) {
        auto old = spread(graph.constant(place.node->inputs[place.input]), place.rank, place.axis,
                          static_cast<std::int64_t>(bias.size()));
        if (!old) return std::nullopt;
        bias = std::move(*old);
        const double beta = place.node->spec->name == "Gemm" ? place.node->attributes.real("beta", 1) : 1;
        for (double& b : bias) b *= beta;
    }
    for (std::size_t c = 0; c < bias.size(); ++c) bias[c] = bias[c] * affine.scale[c] + affine.shift[c];
    return bias;
}

// A product of matrices that gains a bias.
bool make_room_for_bias(Rewriter& graph, Linear& linear) {
    Node& node = *linear.weights.node;
    if (graph.type(node.inputs[0]).shape.rank() != 2 ||
        !graph.become(node, *find_op("Gemm"), {}, node.inputs))
        return false;
    linear.bias = {&node, 2, 1, 2};
    return true;
}

bool fold(Rewriter& graph, Linear linear, const Affine& affine) {
    const Tensor* old = graph.constant(linear.weights.node->inputs[linear.weights.input]);
    const auto bias = new_bias(graph, linear.bias, affine);
    if (old == nullptr || old->dtype() != DataType::kFloat32 || !bias ||
        old->shape()[linear.weights.axis] != static_cast<std::int64_t>(bias->size()))
        return false;
    const Tensor weights =
        is_all(affine.scale, 1) ? *old : scaled_along(*old, linear.weights.axis, affine.scale);
    if (!all_finite(weights) || !all_finite(as_tensor(*bias))) return false;
    const bool had_bias = linear.bias.node != nullptr && linear.bias.input < linear.bias.node->inputs.size();
    const bool needs_bias = had_bias || !is_all(*bias, 0);
    if (needs_bias && linear.bias.node == nullptr && !make_room_for_bias(graph, linear)) return false;

    const std::string& name = linear.last->name;
    graph.set_constant(*linear.weights.node, linear.weights.input, weights, name + ".weight");
    if (needs_bias) {
        graph.set_constant(*linear.bias.node, linear.bias.input, as_tensor(*bias), name + ".bias");
        if (linear.bias.node->spec->name == "Gemm") linear.bias.node->attributes.set("beta", 1.f);
    }
    return true;
}

void fold_into_linear(Rewriter& graph, Node& node) {
    const bool norm = node.spec->name == "BatchNormalization";
    if ((!norm && node.spec->binary == BinaryKind::kNone) || !node.post_ops.empty() ||
        node.outputs.size() != 1)
        return;
    for (std::size_t x = 0; x < (norm ? 1u : 2u); ++x) {
        const auto linear = linear_before(graph, node.inputs[x]);
        if (!linear) continue;
        const auto affine = affine_of(graph, node, x, linear->axis);
        if (!affine || !fold(graph, *linear, *affine)) continue;
        graph.absorb(*linear->last, node);
        return;
    }
}

}  // namespace

bool fold_affine(Graph& graph) {
    Rewriter rewriter(graph);
    return rewriter.sweep([&](Node& node) { fold_into_linear(rewriter, node); });
}

bool fold_arithmetic(Graph& graph) {
    Rewriter rewriter(graph);
    return rewriter.sweep([&](Node& node) {
        if (node.spec->name != "BatchNormalization") fold_into_linear(rewriter, node);
    });
}

}  // namespace dyce
