// What a row may pay for its answer at most, and how far it gets by that (docs/method.md, "Budgets"). Plain values
// and pure functions.
#pragma once

#include "graph/exits/exits.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace dyce {

struct ExitPlan;
struct RowState;
struct SupplyCosts;

struct Budget {
    std::int64_t macs = std::numeric_limits<std::int64_t>::max();
    double ms = std::numeric_limits<double>::infinity();
    const SupplyCosts* times = nullptr;  ///< in milliseconds; null where `ms` limits nothing

    bool limits_macs() const { return macs != std::numeric_limits<std::int64_t>::max(); }
    bool limits_ms() const { return times != nullptr; }
    bool limits_any() const { return limits_macs() || limits_ms(); }
};

/// What an answer costs.
struct AnswerCost {
    std::int64_t macs = 0;
    double ms = 0;  ///< 0 where no times are known
};

/// The first position from `from` on where a row of the plan can answer: one with heads, in a member that runs.
/// There is one, the final exit.
std::size_t answer_position(const ExitPlan& plan, const std::vector<ExitSite>& positions, std::size_t from);

/// Index in the site's heads of the one by which a row with the budget answers there: the one that is on, or else
/// the cheapest - in multiply-adds, or in milliseconds where these alone are limited -, the first of several.
std::size_t answering_head(const Budget& budget, const ExitPlan& plan, const std::vector<ExitSite>& positions,
                           std::size_t position);

/// Of the first answer that rows of the plan can give: no budget may be less.
AnswerCost first_answer_cost(const Budget& budget, const ExitPlan& plan,
                             const std::vector<ExitSite>& positions);

/// Takes note of the milliseconds that the row has paid at a position where a stage has ended: for the stage, unless it
/// skipped that, and for the head that is on. Multiply-adds are in RowState::cost.
void pay_ms(RowState& row, const std::vector<ExitSite>& positions, std::size_t position, bool has_run);

/// Whether the row's budget pays the way from `position`, where it has judged and paid, to the next answer, by the
/// most expensive path there is, and the head there.
bool can_go_on(const RowState& row, const std::vector<ExitSite>& positions, std::size_t position);

/// Index of the head by which a row answers that something else cuts at `position` while no head is on there: the
/// plan's, if the budget pays for it, or else answering_head().
std::size_t affordable_head(const RowState& row, const std::vector<ExitSite>& positions,
                            std::size_t position);

}  // namespace dyce
