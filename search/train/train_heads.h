// Trains many heads side by side on the same rows. The result depends on the seed alone, not on threads.
#pragma once

#include "search/train/checkpoint.h"
#include "search/train/head_trainer.h"

#include <functional>
#include <span>
#include <vector>

namespace dyce {

/// 0 .. count - 1 in an order that depends on seed, purpose and index.
std::vector<std::int64_t> shuffled(std::int64_t count, std::uint64_t seed, std::uint64_t purpose,
                                   std::uint64_t index);

/// Standardises, then runs options.epochs over `rows`, each in another order, from where `checkpoint` left
/// off when `resume` is set. `progress` is told steps taken and steps to take, by this call.
void train_heads(std::vector<HeadTrainer>& heads, std::span<const std::int64_t> rows,
                 const TrainingOptions& options, int threads, const Checkpoint& checkpoint, bool resume,
                 const std::function<void(std::int64_t done, std::int64_t all)>& progress);

/// Scores of all heads on `rows`, which are not empty.
std::vector<HeadTrainer::Score> evaluate_heads(std::vector<HeadTrainer>& heads,
                                               std::span<const std::int64_t> rows, int threads);

}  // namespace dyce
