// Who leaves before an exit is sure, because a budget, time or what rows live on runs out.
#include "runtime/core/index.h"
#include "runtime/flow/exit_loop.h"

#include <algorithm>

namespace dyce {

// Rows that would be late after the next stage, or that there is not enough for, exit now: by the exit just
// evaluated, or else by the site's best head though it is off, which knows more of the image than any exit before.
void ExitLoop::cut_rows(const Here& here, ExitBatch& batch) {
    if (has_budgets_) cut_over_budget(here, batch);
    if (positions_[here.position].heads.empty()) return;  // nobody can answer where only a gate decides
    cut_.clear();
    if (has_deadlines_) {
        const std::size_t end = here.is_last ? members_.size() : here.member + 1;
        for (std::size_t next = here.is_last ? here.member + 1 : here.member; next < end; ++next)
            find_late(here, next, batch);
    }
    if (supply_ != nullptr) find_unsupplied(here);
    exit_cut(here, batch);
}

// These go first: what a budget says depends on neither the clock nor the batch, and no stage need be expected to make
// a row late that would not run for it anyway.
void ExitLoop::cut_over_budget(const Here& here, ExitBatch& batch) {
    cut_.clear();
    for (std::size_t place = 0; place < present_.places(); ++place) {
        if (present_.is_vacant(place)) continue;
        RowState& row = state_of(place);
        pay_ms(row, positions_, here.position,
               !skipped_.of(present_[place]).has(static_cast<int>(here.position)));
        if (row.budget.limits_any() && !positions_[here.position].heads.empty() &&
            !can_go_on(row, positions_, here.position))
            cut_.push_back({place, Cut::kBudget});
    }
    exit_cut(here, batch);
}

// Each head once for all that answer by it.
void ExitLoop::exit_cut(const Here& here, ExitBatch& batch) {
    if (cut_.empty()) return;
    for (const ExitSite::Head& head : positions_[here.position].heads) exit_by(here, head, batch);
}

// Index in the site's heads, where none is on.
std::size_t ExitLoop::head_of_cut(const Here& here, std::size_t place, Cut cut) const {
    const RowState& row = rows_[index(present_[place])];
    if (!row.budget.limits_any()) return row.plan->points[here.position].late_head;
    return cut == Cut::kBudget ? answering_head(row.budget, *row.plan, positions_, here.position)
                               : affordable_head(row, positions_, here.position);
}

// Of those whose next stage is one of member `next`.
void ExitLoop::find_late(const Here& here, std::size_t next, const ExitBatch& batch) {
    bool has_rows = false;
    for (std::size_t place = 0; place < present_.places(); ++place)
        has_rows = has_rows || goes_to(here, next, place);
    if (!has_rows) return;
    const StageTimes::TimePoint earliest = earliest_deadline(here, next, batch);
    for (std::size_t place = 0; place < present_.places(); ++place)
        if (goes_to(here, next, place) && batch.deadline(present_[place]) < earliest)
            cut_.push_back({place, Cut::kDeadline});
}

// Those that answer by this head.
void ExitLoop::exit_by(const Here& here, const ExitSite::Head& head, ExitBatch& batch) {
    const ExitSite& site = positions_[here.position];
    for (const auto& [place, cut] : cut_) {
        if (present_.is_vacant(place)) continue;
        const DecisionPoint& point = point_of(here, place);
        if ((point.enabled ? point.head : site.heads[head_of_cut(here, place, cut)].index) != head.index)
            continue;
        const auto own = logits_at(place, logits_of(here, head.index));
        RowState& row = state_of(place);
        if (!point.enabled) {
            row.cost.add_head(head.macs);
            judge(row, own);
            if (supply_ != nullptr) note_head(here, head);
        }
        const std::string& type = point.enabled ? point.type : head.type;
        exit_row(place,
                 {static_cast<int>(here.position), site.member, &type, row.score, row.cost.at(site.macs), own,
                  cut == Cut::kDeadline, cut},
                 batch);
    }
}

// Rows whose deadline is before it do not go on: as a rule it is when the next stage will have run. Where
// that would keep rows from a stage that may have become quicker, it is tried with them once in a while.
StageTimes::TimePoint ExitLoop::earliest_deadline(const Here& here, std::size_t next,
                                                  const ExitBatch& batch) {
    const Member& member = members_[next];
    const std::size_t stage = member.first_stage + (here.is_last ? 0 : here.stage + 1);
    const int rows = std::min(static_cast<int>(present_.count()), member.runner->rows_at_once());
    const std::size_t bucket = here.is_last ? member.runner->bucket_of(rows) : member.runner->bucket();
    const StageTimes::TimePoint now = times_->now();
    const auto after = now + std::chrono::duration_cast<StageTimes::TimePoint::duration>(
                                 std::chrono::duration<double>(times_->expected(stage, bucket)));
    auto latest = now;  // deadline of those that the stage would make late
    for (std::size_t place = 0; place < present_.places(); ++place)
        if (goes_to(here, next, place) && batch.deadline(present_[place]) < after)
            latest = std::max(latest, batch.deadline(present_[place]));
    const std::chrono::duration<double> limit = latest - now;
    return limit.count() > 0 && times_->should_try(stage, bucket, limit.count()) ? now : after;
}

// Whose stage the row runs through next, should it go on.
std::size_t ExitLoop::next_member(const Here& here, int row) const {
    std::size_t next = here.member;
    if (here.is_last) do
            ++next;
        while (!rows_[index(row)].plan->member_runs[next]);
    return next;
}

bool ExitLoop::goes_to(const Here& here, std::size_t next, std::size_t place) const {
    return !present_.is_vacant(place) && next_member(here, present_[place]) == next;
}

// What the row takes for an answer at the position; with a budget by the more expensive of the heads it may be.
double ExitLoop::answer_at(const RowState& row, std::size_t position) const {
    const SupplyCosts& costs = supply_->costs();
    const double cost = head_cost(costs, *row.plan, positions_, position);
    if (!row.budget.limits_any()) return cost;
    return std::max(cost, costs.heads[position][answering_head(row.budget, *row.plan, positions_, position)]);
}

// What the row would still take for an answer where it stands: nothing where one has just been evaluated.
double ExitLoop::answer_here(const Here& here, std::size_t place) const {
    const RowState& row = rows_[index(present_[place])];
    return row.plan->points[here.position].enabled ? 0 : answer_at(row, here.position);
}

// What the row takes up to an answer by member `member` at the end of stage `stage`, or of the first one behind it where
// there are heads.
double ExitLoop::answer_from(std::size_t member, std::size_t stage, int row) const {
    const std::vector<int>& ends = members_[member].positions;
    double way = 0;
    for (;; ++stage) {
        const auto position = index(ends[stage]);
        way += supply_->costs().stages[position];
        if (!positions_[position].heads.empty()) return way + answer_at(rows_[index(row)], position);
    }
}

// The same from the image, of the first member from `first` on that runs.
double ExitLoop::first_answer(std::size_t first, int row) const {
    while (!rows_[index(row)].plan->member_runs[first]) ++first;
    return answer_from(first, 0, row);
}

// What is left for the rows that are present, in member `m`: the others that have begun keep what their next
// answers take.
double ExitLoop::left_for_present(std::size_t m) const {
    double left = supply_->left();
    const auto keep_for = [&](std::span<const int> rows, std::size_t member) {
        for (const int row : rows)
            if (rows_[index(row)].has_begun) left -= first_answer(member, row);
    };
    keep_for(arrived_.rows().subspan(begun_), m);
    keep_for(waiting_.rows(), m + 1);
    return left;
}

// Rows for whose first answer there is not enough are not begun.
void ExitLoop::begin_supplied(std::size_t m, ExitBatch& batch) {
    double left = left_for_present(m);
    for (std::size_t place = 0; place < present_.places(); ++place)
        if (state_of(place).has_begun) left -= first_answer(m, present_[place]);
    for (std::size_t place = 0; place < present_.places(); ++place) {
        RowState& row = state_of(place);
        if (row.has_begun) continue;
        const double cost = first_answer(m, present_[place]);
        row.has_begun = cost <= left;
        if (row.has_begun)
            left -= cost;
        else
            batch.refuse(present_.take(place));
    }
    present_.compact();
}

// Each row has enough for an answer here: it goes on if what the next one takes beyond that is left.
void ExitLoop::find_unsupplied(const Here& here) {
    double left = left_for_present(here.member);
    for (std::size_t place = 0; place < present_.places(); ++place)
        if (!present_.is_vacant(place)) left -= answer_here(here, place);
    for (std::size_t place = 0; place < present_.places(); ++place) {
        const auto is_it = [&](const CutRow& one) { return one.place == place; };
        if (present_.is_vacant(place) || std::ranges::any_of(cut_, is_it)) continue;
        const double more = next_answer(here, place) - answer_here(here, place);
        if (more <= left)
            left -= more;
        else
            cut_.push_back({place, supply_->cut()});
    }
}

double ExitLoop::next_answer(const Here& here, std::size_t place) const {
    const int row = present_[place];
    if (here.is_last) return first_answer(here.member + 1, row);
    return answer_from(here.member, here.stage + 1, row);
}

}  // namespace dyce
