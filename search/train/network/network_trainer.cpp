#include "search/train/network/network_trainer.h"

#include "runtime/core/threads.h"
#include "search/train/network/target_loss.h"

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

std::variant<Sgd, AdamW> make_optimiser(OptimiserOptions::Kind kind, std::size_t count) {
    if (kind == OptimiserOptions::Kind::kSgd) return Sgd(count);
    return AdamW(count);
}

}  // namespace

NetworkTrainer::NetworkTrainer(const Graph& graph, std::int64_t batch, const OptimiserOptions& options,
                               std::vector<TrainedGate> gates)
    : run_(graph, batch, {.precision = options.precision}),
      options_(options),
      targets_(static_cast<std::size_t>(batch)),
      optimiser_(make_optimiser(options.kind, run_.parameters())),
      ranges_{{0, run_.weights(), options.decay, 1}, {run_.weights(), run_.parameters(), 0, 1}},
      gates_(std::move(gates)) {
    for (const TrainedGate& gate : gates_)
        gate_rows_.push_back({run_.output(gate.output), run_.output_gradient(gate.output), gate.share});
    if (options.average > 0) average_.assign(run_.numbers().begin(), run_.numbers().end());
}

NetworkTrainer::Seen NetworkTrainer::step(double rate, const Teacher* teacher, const GateStep& gates) {
    if (!gates_.empty()) draw_gate_noise(gates, run_.input(1));
    run_.forward();
    Seen seen = fill_gradients(teacher);
    if (!gates_.empty()) seen.run = fill_gate_gradients(gates);
    run_.backward();
    clip_gradients();
    update(rate);
    return seen;
}

bool NetworkTrainer::is_gate(int output) const {
    return std::any_of(gates_.begin(), gates_.end(),
                       [&](const TrainedGate& gate) { return gate.output == output; });
}

double NetworkTrainer::fill_gate_gradients(const GateStep& step) {
    return gate_loss(gate_rows_, run_.input(1), static_cast<std::int64_t>(targets_.size()), step);
}

NetworkTrainer::Seen NetworkTrainer::fill_gradients(const Teacher* teacher) {
    const int outputs = run_.outputs(), exits = outputs - 1 - static_cast<int>(gates_.size());
    const auto rows = static_cast<float>(targets_.size());
    const float of_labels = teacher == nullptr ? 1 : static_cast<float>(options_.distill.alpha);
    Seen seen;
    for (int output = 0; output < outputs; ++output) {
        if (is_gate(output)) continue;
        const auto logits = run_.output(output);
        const auto gradients = run_.output_gradient(output);
        const std::size_t classes = logits.size() / targets_.size();
        const float weight = (output == 0 ? 1 : static_cast<float>(options_.exits / exits)) / rows;
        for (std::size_t row = 0; row < targets_.size(); ++row) {
            const auto z = logits.subspan(row * classes, classes);
            const Target& target = targets_[row];
            float* const gradient = gradients.data() + row * classes;
            float loss =
                of_labels * target_loss<float>(z, target, options_.smoothing, of_labels * weight, gradient);
            if (teacher != nullptr)
                loss += (1 - of_labels) *
                        teacher_loss<float>(z, teacher->logits(output).subspan(row * classes, classes),
                                            target.share >= 0.5f ? target.label : target.other,
                                            options_.distill, (1 - of_labels) * weight, gradient);
            if (output > 0) continue;
            seen.loss += static_cast<double>(loss);
            seen.correct += std::max_element(z.begin(), z.end()) - z.begin() == target.label ? 1 : 0;
        }
    }
    return seen;
}

void NetworkTrainer::clip_gradients() {
    if (options_.clip <= 0) return;
    const auto gradients = run_.gradients();
    double squares = 0;
    for (const float one : gradients) squares += static_cast<double>(one) * static_cast<double>(one);
    if (squares <= options_.clip * options_.clip) return;
    const auto factor = static_cast<float>(options_.clip / std::sqrt(squares));
    for (float& one : gradients) one *= factor;
}

void NetworkTrainer::hold_zeros(const Graph& masks) {
    mask_ = run_.laid_out(masks);
    mask_.resize(run_.weights());
    clear_held();
}

void NetworkTrainer::set_rate_factors(const Graph& factors) {
    const std::vector<float> factor = run_.laid_out(factors);
    std::vector<LearningRange> ranges;
    for (const LearningRange& range : ranges_)
        for (std::size_t i = range.begin; i < range.end; ++i) {
            const auto own = static_cast<double>(factor[i]);  // 0 between constants, where nothing is
            const auto is_other = [&](const LearningRange& last) {
                return last.end != i || last.decay != range.decay ||
                       (own > 0 && last.rate_factor > 0 && last.rate_factor != own);
            };
            if (ranges.empty() || is_other(ranges.back())) ranges.push_back({i, i, range.decay, own});
            if (ranges.back().rate_factor == 0) ranges.back().rate_factor = own;
            ++ranges.back().end;
        }
    ranges_ = std::move(ranges);
}

void NetworkTrainer::clear_held() {
    if (mask_.empty()) return;
    const auto clear = [&](std::span<float> numbers) {
        for (std::size_t i = 0; i < mask_.size(); ++i) numbers[i] = mask_[i] == 0 ? 0 : numbers[i];
    };
    clear(run_.numbers());
    if (auto* sgd = std::get_if<Sgd>(&optimiser_)) clear(sgd->velocity);
}

void NetworkTrainer::update(double rate) {
    ++steps_;
    const auto numbers = run_.numbers();
    const auto gradients = run_.gradients();
    std::visit(
        [&](auto& optimiser) {
            if constexpr (requires { optimiser.begin_step(); }) optimiser.begin_step();
            for (const LearningRange& range : ranges_)
                parallel_ranges(static_cast<std::int64_t>(range.end - range.begin), [&](std::int64_t first,
                                                                                        std::int64_t last) {
                    optimiser.update(numbers, gradients, range.begin + static_cast<std::size_t>(first),
                                     static_cast<std::size_t>(last - first), rate * range.rate_factor,
                                     range.decay);
                });
        },
        optimiser_);
    clear_held();
    if (average_.empty()) return;
    // Early on, so that the first numbers are soon forgotten.
    const double warm = (1 + static_cast<double>(steps_)) / (10 + static_cast<double>(steps_));
    const auto follow = static_cast<float>(1 - std::min(options_.average, warm));
    parallel_ranges(static_cast<std::int64_t>(numbers.size()), [&](std::int64_t first, std::int64_t last) {
        for (auto i = static_cast<std::size_t>(first); i < static_cast<std::size_t>(last); ++i)
            average_[i] += follow * (numbers[i] - average_[i]);
    });
}

void NetworkTrainer::write_constants(Graph& graph) const {
    run_.write_constants(average_.empty() ? run_.numbers() : std::span<const float>(average_), graph);
}

void NetworkTrainer::read_constants(const Graph& graph) {
    const std::vector<float> numbers = run_.laid_out(graph);
    std::copy(numbers.begin(), numbers.end(), run_.numbers().begin());
}

std::vector<std::span<float>> NetworkTrainer::laid_out() {
    std::vector<std::span<float>> parts{run_.numbers()};
    if (auto* sgd = std::get_if<Sgd>(&optimiser_)) {
        parts.push_back(sgd->velocity);
    } else {
        parts.push_back(std::get<AdamW>(optimiser_).first);
        parts.push_back(std::get<AdamW>(optimiser_).second);
    }
    if (!average_.empty()) parts.push_back(average_);
    return parts;
}

std::vector<std::vector<float>> NetworkTrainer::state() {
    std::vector<std::vector<float>> parts;
    for (const std::span<float> part : laid_out()) parts.push_back(run_.row_major(part));
    return parts;
}

void NetworkTrainer::set_state(const std::vector<std::vector<float>>& state, std::int64_t steps) {
    steps_ = steps;
    if (auto* adamw = std::get_if<AdamW>(&optimiser_)) adamw->steps = steps;
    const auto parts = laid_out();
    for (std::size_t i = 0; i < parts.size(); ++i) run_.lay_out(state[i], parts[i]);
}

}  // namespace dyce
