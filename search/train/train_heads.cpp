#include "search/train/train_heads.h"

#include "runtime/core/onednn/compute_scope.h"
#include "runtime/core/parallel.h"
#include "search/train/adamw.h"
#include "search/train/random.h"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace dyce {
namespace {

constexpr std::uint64_t kOrder = 3;         // purpose of the random numbers
constexpr std::int64_t kStepsAtATime = 16;  // of one head, while its parameters are in the cache
constexpr std::chrono::seconds kBetweenSaves{20};

// work(group) for all of them, the most expensive first, each on one thread: products are the same on any
// number.
template <class Work>
void for_each_group(std::vector<TrainedGroup>& groups, int threads, const Work& work) {
    std::vector<TrainedGroup*> order;
    for (TrainedGroup& group : groups) order.push_back(&group);
    std::stable_sort(order.begin(), order.end(), [](const TrainedGroup* a, const TrainedGroup* b) {
        return a->trainer->macs() > b->trainer->macs();
    });
    parallel_for(order.size(), threads, [&](std::size_t item, std::size_t) {
        ComputeTeam alone(1);
        const ComputeScope scope(alone);
        work(*order[item]);
    });
}

TrainingState state_of(std::vector<TrainedGroup>& groups) {
    TrainingState state;
    for (TrainedGroup& group : groups)
        for (const std::span<float> part : group.trainer->state()) state.push_back(part);
    return state;
}

}  // namespace

std::vector<std::int64_t> shuffled(std::int64_t count, std::uint64_t seed, std::uint64_t purpose,
                                   std::uint64_t index) {
    Random random(seed, purpose, index);
    std::vector<std::int64_t> order(static_cast<std::size_t>(count));
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t left = order.size(); left > 1; --left)
        std::swap(order[left - 1], order[random.below(static_cast<std::uint32_t>(left))]);
    return order;
}

void train_heads(std::vector<TrainedGroup>& groups, std::span<const std::int64_t> rows,
                 const TrainingOptions& options, int threads, const Checkpoint& checkpoint, bool resume,
                 const std::function<void(std::int64_t done, std::int64_t all)>& progress) {
    for_each_group(groups, threads, [&](TrainedGroup& group) { group.trainer->standardise(rows); });
    const auto count = static_cast<std::int64_t>(rows.size());
    const std::int64_t steps_of_epoch = (count + options.batch - 1) / options.batch;
    const std::int64_t steps = steps_of_epoch * options.epochs;
    std::int64_t step = resume ? checkpoint.load(state_of(groups)) : 0;
    for (TrainedGroup& group : groups) group.trainer->set_steps(step);
    const std::int64_t first_step = step;
    auto saved = std::chrono::steady_clock::now();

    std::vector<std::int64_t> order;
    for (std::int64_t epoch = -1; step < steps;) {
        if (epoch != step / steps_of_epoch) {
            epoch = step / steps_of_epoch;
            order = shuffled(count, options.seed, kOrder, static_cast<std::uint64_t>(epoch));
            for (std::int64_t& place : order) place = rows[static_cast<std::size_t>(place)];
        }
        const std::int64_t epoch_end = (epoch + 1) * steps_of_epoch;
        const std::int64_t end = std::min(step + kStepsAtATime, epoch_end);
        for_each_group(groups, threads, [&](TrainedGroup& group) {
            for (std::int64_t s = step; s < end; ++s) {
                const std::int64_t first = (s - epoch * steps_of_epoch) * options.batch;
                const std::int64_t size = std::min(options.batch, count - first);
                group.trainer->step(
                    std::span(order).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(size)),
                    learning_rate(group.rate, s, steps));
            }
            group.trainer->rest();
        });
        step = end;
        progress(step - first_step, steps - first_step);
        const auto now = std::chrono::steady_clock::now();
        if (step == epoch_end || now - saved > kBetweenSaves) {
            checkpoint.save(state_of(groups), step);
            saved = now;
        }
    }
}

std::vector<std::vector<HeadScore>> evaluate_heads(std::vector<TrainedGroup>& groups,
                                                   std::span<const std::int64_t> rows, int threads) {
    std::vector<std::vector<HeadScore>> scores(groups.size());
    for_each_group(groups, threads, [&](TrainedGroup& group) {
        scores[static_cast<std::size_t>(&group - groups.data())] = group.trainer->evaluate(rows);
        group.trainer->rest();
    });
    return scores;
}

}  // namespace dyce
