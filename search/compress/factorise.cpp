#include "search/compress/factorise.h"

#include "runtime/exec/executor.h"
#include "search/compress/tucker.h"

#include <algorithm>

namespace dyce {
namespace {

constexpr double kLeastSaving = 1.3, kMostCost = 0.005;
// Of the multiply-adds, where time counts: oneDNN does a whole 3x3 layer of stride 1 by Winograd's algorithm, almost three
// times as many a second as the factors.
constexpr double kMostWork = 1.0 / 3;
constexpr std::size_t kFittedTo = 64;  // images

struct FactorCandidate {
    std::size_t node;
    TuckerRanks ranks;
    FactorisedLayer layer;
};

bool is_wide_convolution(const Graph& graph, const Node& node, const std::vector<int>& uses) {
    if (node.spec->name != "Conv" || node.attributes.integer("group", 1) != 1) return false;
    const auto& weights = graph.value(node.inputs[1]).constant;
    if (!weights || uses[static_cast<std::size_t>(node.inputs[1])] != 1 || weights->shape().rank() != 4)
        return false;
    return weights->shape()[2] * weights->shape()[3] > 1;
}

std::vector<FactorCandidate> find_candidates(const Graph& graph) {
    const std::vector<int> uses = count_uses(graph);
    std::vector<FactorCandidate> found;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        const Node& node = graph.nodes[n];
        if (!is_wide_convolution(graph, node, uses)) continue;
        const Tensor& weights = *graph.value(node.inputs[1]).constant;
        const TuckerRanks ranks = tucker_ranks(weights);
        if (ranks.outputs == 0 || ranks.inputs == 0) continue;
        const auto outputs = static_cast<std::int64_t>(ranks.outputs),
                   inputs = static_cast<std::int64_t>(ranks.inputs);
        const Shape& shape = weights.shape();
        const std::int64_t after =
            inputs * shape[1] + outputs * inputs * shape[2] * shape[3] + shape[0] * outputs;
        if (static_cast<double>(weights.elements()) < kLeastSaving * static_cast<double>(after)) continue;
        found.push_back({n, ranks, {node.name, ranks.outputs, ranks.inputs, weights.elements(), after}});
    }
    std::stable_sort(found.begin(), found.end(), [](const FactorCandidate& a, const FactorCandidate& b) {
        return a.layer.weights_before > b.layer.weights_before;
    });
    return found;
}

// The three in the place of the one; gives the place of the last.
std::size_t replace_by_factors(Graph& graph, std::size_t place, const TuckerRanks& ranks) {
    const Node whole = graph.nodes[place];
    const std::string name = graph.value(whole.outputs[0]).name;
    const TuckerFactors factors = tucker_factors(*graph.value(whole.inputs[1]).constant, ranks);
    const ValueId narrowed = graph.add_value(name + ".in"), core = graph.add_value(name + ".core");
    Node first, middle, last;
    first.spec = middle.spec = last.spec = whole.spec;
    first.name = whole.name + ".in";
    first.inputs = {whole.inputs[0], graph.add_value(name + ".in.weight", factors.inputs)};
    first.outputs = {narrowed};
    middle.name = whole.name + ".core";
    middle.attributes = whole.attributes;
    middle.inputs = {narrowed, graph.add_value(name + ".core.weight", factors.core)};
    middle.outputs = {core};
    last.name = whole.name;
    Tensor bias(DataType::kFloat32, {factors.outputs.shape()[0]});
    if (whole.inputs.size() > 2) bias = *graph.value(whole.inputs[2]).constant;
    last.inputs = {core, graph.add_value(name + ".out.weight", factors.outputs),
                   graph.add_value(name + ".out.bias", bias)};
    last.outputs = whole.outputs;
    const auto at = graph.nodes.begin() + static_cast<std::ptrdiff_t>(place);
    *at = first;
    graph.nodes.insert(at + 1, {middle, last});
    return place + 2;
}

// The multiply-adds of the three that took the place of a node of `before`, as a share of its own.
double share_of_work(const Graph& before, const Node& whole, const Graph& after) {
    const std::vector<TensorType> types = infer_types(before);
    const Shape& weights = types[static_cast<std::size_t>(whole.inputs[1])].shape;
    const std::int64_t own =
        types[static_cast<std::size_t>(whole.outputs[0])].shape.elements() / weights[0] * weights.elements();
    return static_cast<double>(count_macs(after) - count_macs(before) + own) / static_cast<double>(own);
}

Tensor value_on_images(Graph graph, ValueId value, const ImageStore& store,
                       std::span<const std::int64_t> images, int threads) {
    graph.outputs = {value};
    const Preprocess& recipe = store.recipe();
    const auto count = static_cast<std::int64_t>(images.size());
    Tensor batch(DataType::kFloat32, {count, recipe.channels, recipe.height, recipe.width});
    for (std::size_t i = 0; i < images.size(); ++i)
        store.read(images[i], batch.mutable_data<float>() + i * store.numbers());
    Executor executor(
        CompiledModel::compile(graph, {.max_batch = static_cast<int>(count), .threads = threads}));
    return executor.run({batch})[0];
}

// Positions of all images by channels, and a column of ones behind them.
Matrix by_positions(const Tensor& map, bool with_ones) {
    const Shape& shape = map.shape();
    const auto images = static_cast<std::size_t>(shape[0]), channels = static_cast<std::size_t>(shape[1]);
    const std::size_t plane = static_cast<std::size_t>(map.elements()) / (images * channels);
    Matrix matrix(images * plane, channels + (with_ones ? 1 : 0));
    for (std::size_t n = 0; n < images; ++n)
        for (std::size_t p = 0; p < plane; ++p) {
            for (std::size_t c = 0; c < channels; ++c)
                matrix(n * plane + p, c) =
                    static_cast<double>(map.data<float>()[(n * channels + c) * plane + p]);
            if (with_ones) matrix(n * plane + p, channels) = 1;
        }
    return matrix;
}

// The last factor and its bias by least squares: from what the core makes to what the layer made.
void fit_last(Graph& graph, std::size_t place, const Graph& before, const ImageStore& store,
              std::span<const std::int64_t> images, int threads) {
    const Node& last = graph.nodes[place];
    images = images.first(std::min(images.size(), kFittedTo));
    const Matrix core = by_positions(value_on_images(graph, last.inputs[0], store, images, threads), true);
    const Matrix wanted =
        by_positions(value_on_images(before, last.outputs[0], store, images, threads), false);
    const Matrix turned = transposed(core);
    const Matrix factors = solve(product(turned, core), product(turned, wanted));  // (rank + 1) x outputs
    float* weights = graph.value(last.inputs[1]).constant->mutable_data<float>();
    float* bias = graph.value(last.inputs[2]).constant->mutable_data<float>();
    const std::size_t rank = core.columns - 1;
    for (std::size_t o = 0; o < wanted.columns; ++o) {
        for (std::size_t r = 0; r < rank; ++r) weights[o * rank + r] = static_cast<float>(factors(r, o));
        bias[o] = static_cast<float>(factors(rank, o));
    }
}

}  // namespace

std::vector<FactorisedLayer> factorise(Member& member, Factorise mode, const ImageStore& store,
                                       std::span<const std::int64_t> images, int threads,
                                       const std::function<double(const Member&)>& accuracy, bool for_time) {
    std::vector<FactorisedLayer> replaced;
    if (mode == Factorise::kNever) return replaced;
    double now = -1;
    for (const FactorCandidate& candidate : find_candidates(member.graph)) {
        if (now < 0 && mode == Factorise::kWhereCheap) now = accuracy(member);
        Member tried = member;
        const auto found = std::find_if(tried.graph.nodes.begin(), tried.graph.nodes.end(),
                                        [&](const Node& node) { return node.name == candidate.layer.name; });
        const auto place = static_cast<std::size_t>(found - tried.graph.nodes.begin());
        const Node whole = tried.graph.nodes[place];
        const std::size_t last = replace_by_factors(tried.graph, place, candidate.ranks);
        if (for_time && share_of_work(member.graph, whole, tried.graph) > kMostWork) continue;
        fit_last(tried.graph, last, member.graph, store, images, threads);
        if (mode == Factorise::kWhereCheap) {
            const double then = accuracy(tried);
            if (now - then > kMostCost) continue;
            now = then;
        }
        member = std::move(tried);
        replaced.push_back(candidate.layer);
    }
    return replaced;
}

}  // namespace dyce
