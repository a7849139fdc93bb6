// Gradients that meet. A function.
#pragma once

#include "search/train/backward/tape.h"

#include <vector>

namespace dyce {

/// Appends `to` = the sum of `parts`, one or more; where `mask` is given, 0 wherever that is not above 0.
/// All lie in memory alike; `to` is none of the others.
void append_sum(Tape& tape, const std::vector<Buffer>& parts, const Buffer& to, const Buffer* mask = nullptr);

}  // namespace dyce
