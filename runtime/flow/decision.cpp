#include "runtime/flow/decision.h"

#include <cmath>

namespace dyce {

void judge(RowState& row, std::span<const float> logits) {
    const int best = best_class(logits);
    row.agreement = best == row.best ? row.agreement + 1 : 1;
    row.best = best;
    row.score = row.plan->score->compute({logits, best, row.agreement});
}

Action decide_gate(std::span<const float> logits, double threshold) {
    if (threshold <= 0) return Action::kGoOn;
    if (threshold >= 1) return Action::kSkip;
    const auto skip = static_cast<double>(logits[0]), run = static_cast<double>(logits[1]);
    if (!std::isfinite(skip) || !std::isfinite(run)) return Action::kGoOn;
    return run - std::log(threshold / (1 - threshold)) < skip ? Action::kSkip : Action::kGoOn;
}

Action pass_gate(const ExitSite::Gate& gate, std::span<const float> logits, PathCost<std::int64_t>& cost) {
    if (is_asked(gate)) cost.add_head(gate.macs);
    const Action action = decide_gate(logits, gate.threshold);
    if (action == Action::kSkip) cost.skip(gate.stage_macs);
    return action;
}

Action decide(const DecisionPoint& point, const RowState& row) {
    const auto score = static_cast<double>(row.score);
    const bool exits = std::isfinite(score) ? score > point.threshold : point.threshold == -INFINITY;
    return exits ? Action::kExit : Action::kGoOn;
}

}  // namespace dyce
