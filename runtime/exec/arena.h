// Gives the buffers of batch plans their places in the arena. Functions.
#pragma once

#include "runtime/exec/batch_plan.h"

#include <cstddef>
#include <span>

namespace dyce {

inline constexpr std::size_t kMostArenaBytes = std::size_t{4} << 30;

/// Sets the offsets and `arena_bytes`; a buffer lasts from the first step or caller that uses it to the last.
/// Throws Error{kResource} when they take more than `limit` bytes.
void plan_arena(BatchPlan& batch_plan, std::size_t limit);

/// Puts the buffers of all that are the same steps as the last one, the biggest batch, at the same places, which have
/// room for the largest of each, so that rows stay where they are when a batch goes on in another. Leaves those that
/// differ alone, and all where so much room is more than `limit`.
void share_places(std::span<BatchPlan> batch_plans, std::size_t limit);

}  // namespace dyce
