#include "search/compress/compress_schedule.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

constexpr double kShareOfSteps = 0.6;       // in which weights go
constexpr std::int64_t kBetweenCuts = 100;  // steps, of a long training
constexpr std::int64_t kLeastCuts = 10;     // of a short one
constexpr int kHalvings = 12;               // of the range of densities: 1 of 4,096 weights

}  // namespace

CompressSchedule::CompressSchedule(const Graph& graph, NetworkTrainer& trainer, Judge judge,
                                   const CompressOptions& options, std::int64_t all_steps)
    : graph_(graph), trainer_(trainer), judge_(std::move(judge)), options_(options), sparsity_(graph) {
    const auto cutting = static_cast<std::int64_t>(kShareOfSteps * static_cast<double>(all_steps));
    between_ = std::clamp<std::int64_t>(cutting / kLeastCuts, 1, kBetweenCuts);
    last_ = options.gradual ? cutting / between_ * between_ : 0;
    lost_.resize(sparsity_.weights());
}

// With the weights ranked.
bool CompressSchedule::fits(double density) const {
    Sparsity cut = sparsity_;
    cut.cut(density);
    Graph graph = graph_;
    cut.apply(graph);
    return judge_.bytes(graph) <= options_.target_bytes;
}

void CompressSchedule::check_target() {
    sparsity_.rank(graph_);
    if (fits(0)) return;
    Graph least = graph_;
    Sparsity cut = sparsity_;
    cut.cut(0);
    cut.apply(least);
    throw Error(ErrorCode::kUsage, "--target-kb",
                std::to_string(options_.target_bytes) +
                    " bytes given, the least that this network takes is " +
                    std::to_string(judge_.bytes(least)));
}

// The share of the weights that a file of the target's size has room for.
double CompressSchedule::density_for_target() {
    sparsity_.rank(graph_);
    if (fits(1)) return 1;
    double low = 0, high = 1;
    for (int i = 0; i < kHalvings; ++i) {
        const double middle = (low + high) / 2;
        (fits(middle) ? low : high) = middle;
    }
    return low;
}

// Zhu and Gupta, arXiv 1710.01878.
double CompressSchedule::density_at(std::int64_t step) const {
    const double target = static_cast<double>(target_density_[0]);
    if (step >= last_) return target;
    const double left = 1 - static_cast<double>(step) / static_cast<double>(last_);
    return target + (1 - target) * left * left * left;
}

Graph CompressSchedule::now() const {
    Graph graph = graph_;
    trainer_.write_constants(graph);
    return graph;
}

void CompressSchedule::cut(double density) {
    const std::vector<float> before(sparsity_.mask().begin(), sparsity_.mask().end());
    sparsity_.cut(density);
    for (const SparseLayer& layer : sparsity_.layers()) {
        const float* weights = graph_.value(layer.weights).constant->data<float>();
        for (std::size_t i = 0; i < layer.count; ++i) {
            const std::size_t at = layer.begin + i;
            if (before[at] != 0 && sparsity_.mask()[at] == 0) lost_[at] = weights[i];
        }
    }
    trainer_.hold_zeros(sparsity_.as_graph(graph_));
}

void CompressSchedule::before_step(std::int64_t step) {
    if (step > last_ || step % between_ != 0) return;
    graph_ = now();
    if (step == 0) target_density_[0] = static_cast<float>(density_for_target());
    if (step == last_)
        target_density_[0] = static_cast<float>(density_for_target());  // by the weights of now
    sparsity_.rank(graph_);
    cut(density_at(step));
    const std::int64_t cuts = last_ / between_, number = step / between_;
    if (cuts >= kMeasurements && number > 0 &&
        number * kMeasurements / cuts > (number - 1) * kMeasurements / cuts)
        measure(step);
}

void CompressSchedule::measure(std::int64_t step) {
    graph_ = now();
    const double accuracy = judge_.accuracy(graph_);
    const auto place = static_cast<std::size_t>(step * kMeasurements / std::max<std::int64_t>(last_, 1));
    reached_[2 * place] = static_cast<float>(judge_.bytes(graph_));
    reached_[2 * place + 1] = static_cast<float>(accuracy);
    if (step < last_) freeze_fragile(accuracy);
    std::fill(lost_.begin(), lost_.end(), 0.f);
}

// A layer alone gets back what it lost since the last measurement: what that brings is what the loss cost.
void CompressSchedule::freeze_fragile(double accuracy) {
    const Graph cut = graph_;
    bool any = false;
    for (std::size_t l = 0; l < sparsity_.layers().size(); ++l) {
        const SparseLayer& layer = sparsity_.layers()[l];
        const std::span<const float> lost(lost_.data() + layer.begin, layer.count);
        if (sparsity_.is_frozen(l) || std::all_of(lost.begin(), lost.end(), [](float w) { return w == 0; }))
            continue;
        Graph whole = cut;
        float* weights = whole.value(layer.weights).constant->mutable_data<float>();
        for (std::size_t i = 0; i < layer.count; ++i)
            if (lost[i] != 0) weights[i] = lost[i];
        if (judge_.accuracy(whole) - accuracy <= options_.max_drop / 4) continue;
        sparsity_.freeze(l, lost);
        graph_.value(layer.weights).constant = whole.value(layer.weights).constant;
        any = true;
    }
    if (!any) return;
    trainer_.read_constants(graph_);
    trainer_.hold_zeros(sparsity_.as_graph(graph_));
}

void CompressSchedule::state_was_set() {
    if (target_density_[0] >= 0) trainer_.hold_zeros(sparsity_.as_graph(graph_));
}

std::vector<std::span<float>> CompressSchedule::state() {
    std::vector<std::span<float>> state = sparsity_.state();
    state.insert(state.end(), {lost_, target_density_, reached_});
    return state;
}

bool CompressSchedule::finish(Graph& graph) {
    graph_ = now();
    if (judge_.bytes(graph_) > options_.target_bytes) {
        const double density = density_for_target();
        sparsity_.rank(graph_);
        sparsity_.cut(density);
        sparsity_.apply(graph_);
    }
    graph = graph_;
    return judge_.bytes(graph) <= options_.target_bytes;
}

std::vector<std::pair<double, double>> CompressSchedule::reached() const {
    std::vector<std::pair<double, double>> pairs;
    for (std::size_t i = 0; i < reached_.size(); i += 2)
        if (reached_[i] > 0) pairs.emplace_back(reached_[i], reached_[i + 1]);
    return pairs;
}

}  // namespace dyce
