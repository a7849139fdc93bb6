// A configuration resolved against the positions of a model: what the exit loop follows. Immutable.
#pragma once

#include "graph/exits/exits.h"
#include "runtime/flow/exit_score.h"

#include <dyce/configuration.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace dyce {

/// What happens at one position.
struct DecisionPoint {
    bool enabled = false;
    int head = -1;              ///< index among the member's heads; -1 = its classifier
    double threshold = 0;       ///< exit when the score is strictly above; -infinity = whatever it is
    std::string type;           ///< of the enabled head
    std::int64_t macs = 0;      ///< of the enabled head
    std::size_t late_head = 0;  ///< index in ExitSite::heads of the head by which late images leave
};

/// Plans of one model may differ from row to row of a batch.
struct ExitPlan {
    Configuration configuration;
    const ExitScore* score = nullptr;
    std::vector<DecisionPoint> points;  ///< one a position; the final exit last, always enabled
    std::vector<bool> member_runs;      ///< a member with no enabled position does not run
};

/// Throws Error{kUsage} naming the exit when a position or a type does not exist, positions do not rise, a
/// threshold is not finite, or the score is unknown.
ExitPlan make_exit_plan(const Configuration& configuration, const std::vector<ExitSite>& positions);

}  // namespace dyce
