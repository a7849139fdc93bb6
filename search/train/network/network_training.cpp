#include "search/train/network/network_training.h"

#include <dyce/error.h>

#include <algorithm>
#include <chrono>
#include <cmath>

namespace dyce {
namespace {

using TrainingClock = std::chrono::steady_clock;

constexpr std::chrono::seconds kBetweenCheckpoints{60};
constexpr std::int64_t kBetweenSnapshots = 100;  // steps

double chance_loss(const Graph& graph) {
    const TensorType logits = infer_types(graph)[static_cast<std::size_t>(graph.outputs[0])];
    return std::log(static_cast<double>(std::max<std::int64_t>(logits.shape.elements(), 2)));
}

}  // namespace

NetworkTraining::NetworkTraining(const Member& member, const ImageStore& store,
                                 std::vector<std::int64_t> images, const NetworkTrainingOptions& options)
    : options_(options),
      trainer_(member.graph, options.batch, options.optimiser, options.gates),
      batches_(store, std::move(images), options.batch, options.augment, options.seed),
      guard_(chance_loss(member.graph)) {
    if (options.teacher != nullptr)
        teacher_.emplace(*options.teacher, member, options.batch, options.threads,
                         options.optimiser.precision);
}

int NetworkTraining::returns() const {
    return static_cast<int>(std::lround(-std::log2(guard_.rate_factor())));
}

// The trainer's own, those of the hooks, the guard's.
std::vector<std::vector<float>> NetworkTraining::numbers() {
    auto all = trainer_.state();
    for (const std::span<float> part : hooks_.state) all.emplace_back(part.begin(), part.end());
    all.emplace_back(guard_.numbers().begin(), guard_.numbers().end());
    return all;
}

void NetworkTraining::set_numbers(const std::vector<std::vector<float>>& numbers, std::int64_t step) {
    const std::size_t own = numbers.size() - hooks_.state.size() - 1;
    trainer_.set_state({numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(own)}, step);
    for (std::size_t i = 0; i < hooks_.state.size(); ++i)
        std::copy(numbers[own + i].begin(), numbers[own + i].end(), hooks_.state[i].begin());
    std::copy(numbers.back().begin(), numbers.back().end(), guard_.numbers().begin());
    step_ = step;
    hooks_.state_was_set();
}

// The file: all numbers, the snapshot's, its step.
void NetworkTraining::go_on_from(const Checkpoint& checkpoint) {
    auto now = numbers(), then = now;
    std::vector<float> step(1);
    TrainingState state;
    for (auto* const part : {&now, &then})
        for (std::vector<float>& one : *part) state.emplace_back(one);
    state.emplace_back(step);
    const std::int64_t done = checkpoint.load(state);
    if (done == 0) return;
    set_numbers(now, done);
    snapshot_ = {std::move(then), static_cast<std::int64_t>(step[0])};
}

void NetworkTraining::save(const Checkpoint& checkpoint) {
    if (!checkpoint.is_kept()) return;
    auto now = numbers();
    std::vector<float> step{static_cast<float>(snapshot_.step)};
    TrainingState state;
    for (auto* const part : {&now, &snapshot_.numbers})
        for (std::vector<float>& one : *part) state.emplace_back(one);
    state.emplace_back(step);
    checkpoint.save(state, step_);
}

bool NetworkTraining::take_step(double rate) {
    const std::int64_t epoch = step_ / batches_.batches();
    batches_.make(epoch, step_ % batches_.batches(), trainer_.images(), trainer_.targets());
    if (teacher_) teacher_->answer(trainer_.images());
    const auto seen = trainer_.step(rate, teacher_ ? &*teacher_ : nullptr,
                                    gate_step(options_.gate_target, options_.seed, step_, all_steps()));
    if (!guard_.accepts(seen.loss / static_cast<double>(options_.batch))) return false;
    ++step_;
    hooks_.after_step(seen, step_);
    return true;
}

void NetworkTraining::go_back() {
    LossGuard halved = guard_;
    halved.halve_rate();
    if (halved.is_hopeless())
        throw Error(ErrorCode::kContent, "training",
                    "the loss explodes, even at " + std::to_string(halved.rate_factor()) + " times the rate");
    set_numbers(snapshot_.numbers, snapshot_.step);
    guard_.set_rate_factor(halved.rate_factor());
}

std::int64_t NetworkTraining::run(const Checkpoint& checkpoint, double& seconds) {
    const std::int64_t first = step_;
    auto saved = TrainingClock::now();
    while (step_ < all_steps()) {
        const auto start = TrainingClock::now();
        if (step_ == 0 || (step_ % kBetweenSnapshots == 0 && guard_.is_calm()))
            snapshot_ = {numbers(), step_};
        hooks_.before_step(step_);
        const double rate = learning_rate(options_.optimiser.rate, step_, all_steps()) * guard_.rate_factor();
        const bool went_well = take_step(rate);
        seconds += std::chrono::duration<double>(TrainingClock::now() - start).count();
        if (!went_well) {
            go_back();
            continue;
        }
        const bool epoch_ends = step_ % batches_.batches() == 0;
        if (epoch_ends || TrainingClock::now() - saved > kBetweenCheckpoints) {
            save(checkpoint);
            saved = TrainingClock::now();
        }
        if (epoch_ends) hooks_.end_epoch(step_ / batches_.batches() - 1, rate);
    }
    return step_ - first;
}

}  // namespace dyce
