#include "runtime/flow/decision.h"

#include <cmath>

namespace dyce {

void judge(RowState& row, std::span<const float> logits) {
    const int best = best_class(logits);
    row.agreement = best == row.best ? row.agreement + 1 : 1;
    row.best = best;
    row.score = row.plan->score->compute({logits, best, row.agreement});
}

Action decide(const DecisionPoint& point, const RowState& row) {
    const auto score = static_cast<double>(row.score);
    const bool exits = std::isfinite(score) ? score > point.threshold : point.threshold == -INFINITY;
    return exits ? Action::kExit : Action::kGoOn;
}

}  // namespace dyce
