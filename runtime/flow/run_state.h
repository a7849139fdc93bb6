// Where the rows of a run of the exit loop stand between two stages: all it takes, beside the images, to go on
// from there later or elsewhere. Borrows everything.
#pragma once

#include "runtime/flow/decision.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace dyce {

/// Rows that are nowhere in it have left.
struct RunState {
    int member = 0;
    int stage = 0;                     ///< of the member, the one that has ended
    std::span<const int> places = {};  ///< of `present`, in the runner; nobody asks when a run is resumed
    std::span<const int> present;      ///< rows at its end that go on
    std::span<const int> arrived;      ///< rows for which the member has not begun
    std::span<const int> waiting;      ///< rows for later members
    std::span<const RowState> rows;    ///< by row; whoever resumes gives them their plans
    /// Stages that rows went past, as SkippedTable::bits(); empty where no member has gates.
    std::span<const std::uint64_t> skipped = {};
    /// The values of `present`, as StageRunner::export_held() writes them. Empty in ExitBatch::reached(), whose
    /// runner has them.
    std::span<const std::byte> held = {};
};

}  // namespace dyce
