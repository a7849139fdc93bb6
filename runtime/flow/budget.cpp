#include "runtime/flow/budget.h"

#include "runtime/core/index.h"
#include "runtime/flow/decision.h"
#include "runtime/flow/supply.h"

#include <algorithm>

namespace dyce {
namespace {

// What the gate of a position adds to what is behind it at most: itself, and nothing skipped unless it always skips.
std::int64_t most_by_gate(const ExitSite& site) {
    const ExitSite::Gate* gate = deciding_gate(site);
    if (gate == nullptr) return 0;
    return is_asked(*gate) ? gate->macs : -gate->stage_macs;
}

// Of the backbone from a position, or from the image where that lies in another member, to another one, and of the
// gates on the way. Between the two lies no head that a row pays for.
std::int64_t way_macs(const std::vector<ExitSite>& positions, std::size_t from, std::size_t to) {
    const int member = positions[to].member;
    std::int64_t way = positions[to].macs;
    for (std::size_t p = to; p-- > 0 && positions[p].member == member;) {
        way += most_by_gate(positions[p]);
        if (p == from) return way - positions[from].macs;
    }
    return way;
}

// Whether the stage that ends there runs for no row.
bool is_always_skipped(const std::vector<ExitSite>& positions, std::size_t position) {
    if (position == 0 || positions[position - 1].member != positions[position].member) return false;
    const ExitSite::Gate* gate = deciding_gate(positions[position - 1]);
    return gate != nullptr && !is_asked(*gate);
}

// Stages from position `first` on, up to `last`; those that do not run, nor those of members that do not, do not count.
double way_ms(const SupplyCosts& times, const ExitPlan& plan, const std::vector<ExitSite>& positions,
              std::size_t first, std::size_t last) {
    double way = 0;
    for (std::size_t p = first; p <= last; ++p)
        if (plan.member_runs[index(positions[p].member)] && !is_always_skipped(positions, p))
            way += times.stages[p];
    return way;
}

}  // namespace

std::size_t answer_position(const ExitPlan& plan, const std::vector<ExitSite>& positions, std::size_t from) {
    while (positions[from].heads.empty() || !plan.member_runs[index(positions[from].member)]) ++from;
    return from;
}

std::size_t answering_head(const Budget& budget, const ExitPlan& plan, const std::vector<ExitSite>& positions,
                           std::size_t position) {
    const ExitSite& site = positions[position];
    if (plan.points[position].enabled) return place_of_head(site, plan.points[position].head);
    if (budget.limits_ms() && !budget.limits_macs()) {
        const auto& times = budget.times->heads[position];
        return static_cast<std::size_t>(std::ranges::min_element(times) - times.begin());
    }
    return static_cast<std::size_t>(std::ranges::min_element(site.heads, {}, &ExitSite::Head::macs) -
                                    site.heads.begin());
}

AnswerCost first_answer_cost(const Budget& budget, const ExitPlan& plan,
                             const std::vector<ExitSite>& positions) {
    const std::size_t first = answer_position(plan, positions, 0);
    const std::size_t head = answering_head(budget, plan, positions, first);
    AnswerCost cost{way_macs(positions, positions.size(), first) + positions[first].heads[head].macs};
    if (budget.limits_ms())
        cost.ms = way_ms(*budget.times, plan, positions, 0, first) + budget.times->heads[first][head];
    return cost;
}

// In the order in which can_go_on() adds: what it allows is what will have been paid, to the bit.
void pay_ms(RowState& row, const std::vector<ExitSite>& positions, std::size_t position, bool has_run) {
    if (!row.budget.limits_ms()) return;
    if (has_run) row.ms += row.budget.times->stages[position];
    const DecisionPoint& point = row.plan->points[position];
    if (point.enabled)
        row.ms += row.budget.times->heads[position][place_of_head(positions[position], point.head)];
}

bool can_go_on(const RowState& row, const std::vector<ExitSite>& positions, std::size_t position) {
    const std::size_t next = answer_position(*row.plan, positions, position + 1);
    const std::size_t head = answering_head(row.budget, *row.plan, positions, next);
    const std::int64_t macs = row.cost.at(positions[position].macs) + way_macs(positions, position, next) +
                              positions[next].heads[head].macs;
    if (macs > row.budget.macs) return false;
    if (!row.budget.limits_ms()) return true;
    const SupplyCosts& times = *row.budget.times;
    return row.ms + way_ms(times, *row.plan, positions, position + 1, next) + times.heads[next][head] <=
           row.budget.ms;
}

std::size_t affordable_head(const RowState& row, const std::vector<ExitSite>& positions,
                            std::size_t position) {
    const std::size_t wanted = row.plan->points[position].late_head;
    const ExitSite& here = positions[position];
    const bool is_paid =
        row.cost.at(here.macs) + here.heads[wanted].macs <= row.budget.macs &&
        (!row.budget.limits_ms() || row.ms + row.budget.times->heads[position][wanted] <= row.budget.ms);
    return is_paid ? wanted : answering_head(row.budget, *row.plan, positions, position);
}

}  // namespace dyce
