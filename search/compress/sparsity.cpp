#include "search/compress/sparsity.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dyce {
namespace {

constexpr double kOuterFloor = 0.5, kInnerFloor = 0.05;

bool is_layer(const Graph& graph, const Node& node, const std::vector<int>& uses) {
    if (node.spec->name != "Conv" && node.spec->name != "Gemm") return false;
    const ValueId weights = node.inputs[1];
    const auto& constant = graph.value(weights).constant;
    return constant && constant->dtype() == DataType::kFloat32 &&
           uses[static_cast<std::size_t>(weights)] == 1;
}

// What the batch norm behind multiplies each output by; ones without one.
std::vector<double> row_factors(const Graph& graph, const SparseLayer& layer, std::int64_t outputs) {
    std::vector<double> factors(static_cast<std::size_t>(outputs), 1.0);
    for (const Node& node : graph.nodes) {
        if (layer.norm < 0 || node.outputs[0] != layer.norm) continue;
        const float* scale = graph.value(node.inputs[1]).constant->data<float>();
        const float* variance = graph.value(node.inputs[4]).constant->data<float>();
        const double epsilon = node.attributes.real("epsilon", 1e-5f);
        for (std::size_t c = 0; c < factors.size(); ++c)
            factors[c] = std::abs(static_cast<double>(scale[c])) /
                         std::sqrt(static_cast<double>(variance[c]) + epsilon);
    }
    return factors;
}

std::vector<float> magnitudes(const Graph& graph, const SparseLayer& layer) {
    const Tensor& weights = *graph.value(layer.weights).constant;
    const std::int64_t outputs = weights.shape()[layer.by_columns ? -1 : 0];
    const std::vector<double> factors = row_factors(graph, layer, outputs);
    const std::size_t row = layer.count / factors.size();
    std::vector<float> result(layer.count);
    for (std::size_t i = 0; i < layer.count; ++i)
        result[i] = static_cast<float>(std::abs(static_cast<double>(weights.data<float>()[i])) *
                                       factors[layer.by_columns ? i % factors.size() : i / row]);
    return result;
}

}  // namespace

Sparsity::Sparsity(const Graph& graph) {
    const std::vector<int> uses = count_uses(graph);
    std::size_t begin = 0;
    for (const Node& node : graph.nodes) {
        if (!is_layer(graph, node, uses)) continue;
        const auto count = static_cast<std::size_t>(graph.value(node.inputs[1]).constant->elements());
        const bool by_columns = node.spec->name == "Gemm" && node.attributes.integer("transB", 0) == 0;
        layers_.push_back({node.name, node.inputs[1], -1, begin, count, kInnerFloor, by_columns});
        for (const Node& reader : graph.nodes)
            if (reader.spec->name == "BatchNormalization" && reader.inputs[0] == node.outputs[0])
                layers_.back().norm = reader.outputs[0];
        begin += count;
    }
    if (!layers_.empty()) layers_.front().floor = layers_.back().floor = kOuterFloor;
    mask_.assign(begin, 1);
    held_.assign(begin, 1);
    frozen_.assign(layers_.size(), 0);
}

std::size_t Sparsity::kept() const {
    return static_cast<std::size_t>(std::count(mask_.begin(), mask_.end(), 1.f));
}

std::size_t Sparsity::kept(const SparseLayer& layer) const {
    const auto begin = mask_.begin() + static_cast<std::ptrdiff_t>(layer.begin);
    return static_cast<std::size_t>(std::count(begin, begin + static_cast<std::ptrdiff_t>(layer.count), 1.f));
}

void Sparsity::rank(const Graph& graph) {
    candidates_.clear();
    held_ = mask_;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
        const SparseLayer& layer = layers_[l];
        if (frozen_[l] != 0) continue;
        const std::vector<float> sizes = magnitudes(graph, layer);
        std::vector<std::uint32_t> order;
        for (std::uint32_t i = 0; i < layer.count; ++i)
            if (mask_[layer.begin + i] != 0) order.push_back(i);
        std::stable_sort(order.begin(), order.end(),
                         [&](std::uint32_t a, std::uint32_t b) { return sizes[a] > sizes[b]; });
        const auto floor =
            static_cast<std::size_t>(std::ceil(layer.floor * static_cast<double>(layer.count)));
        double squares = 0;
        for (std::size_t i = 0; i < order.size(); ++i) {
            const double square = static_cast<double>(sizes[order[i]]) * static_cast<double>(sizes[order[i]]);
            squares += square;
            if (i < floor) continue;
            held_[layer.begin + order[i]] = 0;
            candidates_.push_back({squares > 0 ? static_cast<float>(square / squares) : 0,
                                   static_cast<std::uint32_t>(layer.begin) + order[i]});
        }
    }
    std::stable_sort(candidates_.begin(), candidates_.end(),
                     [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
}

void Sparsity::cut(double density) {
    const auto wanted = static_cast<std::size_t>(density * static_cast<double>(mask_.size()));
    std::copy(held_.begin(), held_.end(), mask_.begin());
    const std::size_t held = kept();
    const std::size_t more = wanted > held ? std::min(wanted - held, candidates_.size()) : 0;
    for (std::size_t i = 0; i < more; ++i) mask_[candidates_[i].weight] = 1;
}

void Sparsity::freeze(std::size_t layer, std::span<const float> kept) {
    frozen_[layer] = 1;
    for (std::size_t i = 0; i < layers_[layer].count; ++i)
        if (kept[i] != 0) mask_[layers_[layer].begin + i] = 1;
}

void Sparsity::apply(Graph& graph) const {
    for (const SparseLayer& layer : layers_) {
        float* weights = graph.value(layer.weights).constant->mutable_data<float>();
        for (std::size_t i = 0; i < layer.count; ++i)
            if (mask_[layer.begin + i] == 0) weights[i] = 0;
    }
}

Graph Sparsity::as_graph(Graph graph) const {
    for (Value& value : graph.values) {
        if (!value.constant || value.constant->dtype() != DataType::kFloat32) continue;
        Tensor ones(DataType::kFloat32, value.constant->shape());
        std::fill_n(ones.mutable_data<float>(), ones.elements(), 1.f);
        value.constant = ones;
    }
    apply(graph);
    return graph;
}

}  // namespace dyce
