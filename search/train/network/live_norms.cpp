#include "search/train/network/live_norms.h"

#include "runtime/exec/executor.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace dyce {
namespace {

constexpr std::size_t kMeasured = 512, kAtOnce = 32;  // images
constexpr float kEpsilon = 1e-5f;

// Sums over what a channel is on all images.
struct ChannelSums {
    std::vector<double> sum, squares;
    double count = 0;
};

std::vector<NodeId> convolutions_without_norm(const Graph& graph) {
    const std::vector<int> uses = count_uses(graph);
    std::vector<bool> is_normed(graph.values.size());
    for (const Node& node : graph.nodes)
        if (node.spec->name == "BatchNormalization")
            is_normed[static_cast<std::size_t>(node.inputs[0])] = true;
    std::vector<NodeId> found;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        const Node& node = graph.nodes[n];
        if (node.spec->name != "Conv" || is_normed[static_cast<std::size_t>(node.outputs[0])]) continue;
        const auto is_own = [&](ValueId id) {
            return graph.value(id).constant && uses[static_cast<std::size_t>(id)] == 1;
        };
        if (std::all_of(node.inputs.begin() + 1, node.inputs.end(), is_own))
            found.push_back(static_cast<NodeId>(n));
    }
    return found;
}

void add_batch(const Tensor& values, ChannelSums& sums) {
    const Shape& shape = values.shape();
    const auto channels = static_cast<std::size_t>(shape[1]);
    const std::int64_t plane = Shape(shape.begin() + 2, shape.end()).elements();
    sums.sum.resize(channels);
    sums.squares.resize(channels);
    const float* from = values.data<float>();
    for (std::int64_t n = 0; n < shape[0]; ++n)
        for (std::size_t c = 0; c < channels; ++c)
            for (std::int64_t i = 0; i < plane; ++i) {
                const auto value = static_cast<double>(*from++);
                sums.sum[c] += value;
                sums.squares[c] += value * value;
            }
    sums.count += static_cast<double>(shape[0] * plane);
}

std::vector<ChannelSums> measure(Graph graph, const std::vector<NodeId>& nodes, const ImageStore& store,
                                 std::span<const std::int64_t> images, int threads) {
    graph.outputs.clear();
    for (const NodeId node : nodes)
        graph.outputs.push_back(graph.nodes[static_cast<std::size_t>(node)].outputs[0]);
    Executor executor(CompiledModel::compile(graph, {.max_batch = kAtOnce, .threads = threads}));
    const Preprocess& recipe = store.recipe();
    std::vector<ChannelSums> sums(nodes.size());
    images = images.first(std::min(images.size(), kMeasured));
    for (std::size_t first = 0; first < images.size(); first += kAtOnce) {
        const auto some = images.subspan(first, std::min(kAtOnce, images.size() - first));
        Tensor batch(DataType::kFloat32,
                     {static_cast<std::int64_t>(some.size()), recipe.channels, recipe.height, recipe.width});
        for (std::size_t i = 0; i < some.size(); ++i)
            store.read(some[i], batch.mutable_data<float>() + i * store.numbers());
        const std::vector<Tensor> outputs = executor.run({batch});
        for (std::size_t i = 0; i < sums.size(); ++i) add_batch(outputs[i], sums[i]);
    }
    return sums;
}

// The filters get length 1; gives the lengths that they had.
std::vector<double> normalise_filters(Tensor& weights) {
    const std::int64_t filters = weights.shape()[0], size = weights.elements() / filters;
    float* numbers = weights.mutable_data<float>();
    std::vector<double> lengths;
    for (std::int64_t f = 0; f < filters; ++f, numbers += size) {
        double squares = 0;
        for (std::int64_t i = 0; i < size; ++i) squares += static_cast<double>(numbers[i]) * numbers[i];
        lengths.push_back(squares > 0 ? std::sqrt(squares) : 1);
        for (std::int64_t i = 0; i < size; ++i)
            numbers[i] = static_cast<float>(static_cast<double>(numbers[i]) / lengths.back());
    }
    return lengths;
}

Node norm_behind(Graph& graph, Node& conv, const ChannelSums& sums) {
    const auto lengths = normalise_filters(*graph.value(conv.inputs[1]).constant);
    const auto channels = static_cast<std::int64_t>(lengths.size());
    const float* bias =
        conv.inputs.size() > 2 ? graph.value(conv.inputs[2]).constant->data<float>() : nullptr;
    Tensor scale(DataType::kFloat32, {channels}), shift = scale, mean = scale, variance = scale;
    for (std::size_t c = 0; c < lengths.size(); ++c) {
        const double whole_mean = sums.sum[c] / sums.count;
        const double whole_variance = std::max(sums.squares[c] / sums.count - whole_mean * whole_mean, 0.0);
        const double own_variance = whole_variance / (lengths[c] * lengths[c]);
        const double own_bias = bias == nullptr ? 0 : static_cast<double>(bias[c]);
        variance.mutable_data<float>()[c] = static_cast<float>(own_variance);
        mean.mutable_data<float>()[c] = static_cast<float>((whole_mean - own_bias) / lengths[c]);
        scale.mutable_data<float>()[c] =
            static_cast<float>(lengths[c] * std::sqrt(own_variance + static_cast<double>(kEpsilon)));
        shift.mutable_data<float>()[c] = static_cast<float>(whole_mean);
    }
    const ValueId whole = conv.outputs[0];
    const std::string name = graph.value(whole).name;
    conv.inputs.resize(2);
    conv.outputs = {graph.add_value(name + ".raw")};
    Node norm;
    norm.spec = find_op("BatchNormalization");
    norm.name = conv.name + ".norm";
    norm.attributes.set("epsilon", kEpsilon);
    norm.inputs = {conv.outputs[0]};
    for (const auto& [part, tensor] :
         {std::pair(".scale", scale), {".shift", shift}, {".mean", mean}, {".variance", variance}})
        norm.inputs.push_back(graph.add_value(name + part, tensor));
    norm.outputs = {whole};
    return norm;
}

}  // namespace

void add_live_norms(Member& member, const ImageStore& store, std::span<const std::int64_t> images,
                    int threads) {
    Graph& graph = member.graph;
    const std::vector<NodeId> found = convolutions_without_norm(graph);
    if (found.empty()) return;
    const std::vector<ChannelSums> sums = measure(graph, found, store, images, threads);
    std::vector<Node> nodes;
    std::size_t next = 0;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        nodes.push_back(graph.nodes[n]);
        if (next == found.size() || found[next] != static_cast<NodeId>(n)) continue;
        Node norm = norm_behind(graph, nodes.back(), sums[next++]);
        nodes.push_back(std::move(norm));
    }
    graph.nodes = std::move(nodes);
}

}  // namespace dyce
