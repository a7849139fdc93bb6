// Trains many heads side by side on the same rows. The result depends on the seed alone, not on threads.
#pragma once

#include "search/train/checkpoint.h"
#include "search/train/group_trainer.h"

#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace dyce {

/// 0 .. count - 1 in an order that depends on seed, purpose and index.
std::vector<std::int64_t> shuffled(std::int64_t count, std::uint64_t seed, std::uint64_t purpose,
                                   std::uint64_t index);

/// What is trained, with the learning rate at its peak.
struct TrainedGroup {
    std::unique_ptr<GroupTrainer> trainer;
    double rate = 0;
};

/// Standardises, then runs options.epochs over `rows`, each in another order, from where `checkpoint` left
/// off when `resume` is set. `progress` is told steps taken and steps to take, by this call.
void train_heads(std::vector<TrainedGroup>& groups, std::span<const std::int64_t> rows,
                 const TrainingOptions& options, int threads, const Checkpoint& checkpoint, bool resume,
                 const std::function<void(std::int64_t done, std::int64_t all)>& progress);

/// Scores of all heads on `rows`, which are not empty, group by group.
std::vector<std::vector<HeadScore>> evaluate_heads(std::vector<TrainedGroup>& groups,
                                                   std::span<const std::int64_t> rows, int threads);

}  // namespace dyce
