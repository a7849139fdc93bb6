// Gives the buffers of a batch plan their places in its arena. A function.
#pragma once

#include "runtime/exec/batch_plan.h"

#include <cstddef>
#include <span>

namespace dyce {

/// The caller reads or writes the buffer while the step runs, or right before or after it.
struct CallerUse {
    int buffer;
    int step;
};

/// Sets the offsets and `arena_bytes`; a buffer lasts from the first step or caller that uses it to the last.
/// Throws Error{kResource} when they take more than `limit` bytes.
void plan_arena(BatchPlan& batch_plan, std::span<const CallerUse> uses, std::size_t limit);

/// Puts the buffers of `batch_plan` where `bigger`, the same steps for a bigger batch, has its own, so that rows
/// stay where they are when a batch goes on in the other. Leaves it alone where the two differ.
void share_places(BatchPlan& batch_plan, const BatchPlan& bigger);

}  // namespace dyce
