// What becomes of a row at a decision point (docs/method.md, "Inference rule"), and what it is decided by. Plain
// values and pure functions.
#pragma once

#include "graph/exits/path_cost.h"
#include "runtime/flow/budget.h"
#include "runtime/flow/exit_plan.h"

#include <cstdint>
#include <span>

namespace dyce {

/// The closed list of what can become of a row. The last two are doors: there is nothing in a plan yet that asks
/// for them. A row that takes one still stands in the batch's RowSet and pays by its PathCost.
enum class Action {
    kGoOn,
    kExit,
    kSkip,    ///< past the next stage, unchanged
    kNarrow,  ///< through the next stage at less than its width
    kSend,    ///< on to another runner
};

/// What is known of a row on its way, by the latest head evaluated.
struct RowState {
    const ExitPlan* plan = nullptr;
    PathCost<std::int64_t> cost = {};  ///< multiply-adds
    int best = -1, agreement = 0;
    float score = 0;
    bool has_begun = false;  ///< some stage of some member has run for it, or is about to
    Budget budget = {};
    double ms = 0;  ///< paid up to the latest point, where the budget asks; pay_ms()
};

/// Takes note of what an enabled head said.
void judge(RowState& row, std::span<const float> logits);

/// The gate by which rows at the site may skip the stage behind it; null where all of them run it.
inline const ExitSite::Gate* deciding_gate(const ExitSite& site) {
    return site.gate && site.gate->threshold > 0 ? &*site.gate : nullptr;
}
/// Whether such a gate looks at rows, and is paid for it: one that always skips does not.
inline bool is_asked(const ExitSite::Gate& gate) { return gate.threshold < 1; }

/// Of a row for which a gate made these logits, to skip the stage and to run it; `threshold` is tau: 0 always runs,
/// 1 always skips, and logits that are not finite run (docs/method.md, "Gates").
Action decide_gate(std::span<const float> logits, double threshold);

/// The same of the gate that a row stands at, and what it pays for it, or not for the stage. One that is not asked
/// needs no logits.
Action pass_gate(const ExitSite::Gate& gate, std::span<const float> logits, PathCost<std::int64_t>& cost);

/// Of a row that an enabled head at `point` has just judged. A score that is not finite never lets it exit
/// but at the final exit.
Action decide(const DecisionPoint& point, const RowState& row);

}  // namespace dyce
