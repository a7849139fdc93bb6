#include "runtime/flow/exit_loop.h"

#include "runtime/core/compute_team.h"
#include "runtime/core/index.h"
#include "runtime/exec/compiled_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dyce {

ExitLoop::ExitLoop(const std::vector<std::shared_ptr<const CompiledModel>>& members,
                   std::vector<ExitSite> positions, int max_batch, std::shared_ptr<StageTimes> times)
    : positions_(std::move(positions)),
      rows_(index(max_batch)),
      times_(times != nullptr ? std::move(times) : make_stage_times(members)) {
    waiting_.reserve(rows_.size());
    slots_.reserve(rows_.size());
    kept_.reserve(rows_.size());
    // Members run one after another: one team serves all.
    const auto team = std::make_shared<ComputeTeam>(members[0]->data().options.threads);
    std::size_t stages = 0;
    for (const auto& member : members) {
        members_.push_back({StagedExecutor(member, team, times_, stages), stages, {}});
        stages += index(members_.back().executor.stages());
    }
    for (std::size_t p = 0; p < positions_.size(); ++p)  // sites without heads end no stage
        if (!positions_[p].heads.empty())
            members_[index(positions_[p].member)].positions.push_back(static_cast<int>(p));
}

void ExitLoop::run(const ExitPlan& plan, int rows, ExitBatch& batch) {
    waiting_.clear();
    has_deadlines_ = false;
    for (int row = 0; row < rows; ++row) {
        waiting_.push_back(row);
        rows_[index(row)] = {};
        has_deadlines_ = has_deadlines_ || batch.deadline(row) != ExitBatch::Clock::time_point::max();
    }
    for (std::size_t m = 0; m < members_.size(); ++m)
        if (plan.member_runs[m]) run_member(m, plan, batch);
}

// Part by part; the rows of each that stay wait for the next member.
void ExitLoop::run_member(std::size_t m, const ExitPlan& plan, ExitBatch& batch) {
    const std::size_t rows = waiting_.size(), at_once = index(members_[m].executor.rows_at_once());
    std::size_t left = 0;
    for (std::size_t first = 0; first < rows; first += at_once) {
        const auto part = std::span(waiting_).subspan(first, std::min(at_once, rows - first));
        slots_.assign(part.begin(), part.end());
        run_chunk(m, plan, batch);
        for (const int row : slots_)
            if (row >= 0) waiting_[left++] = row;
    }
    waiting_.resize(left);
}

void ExitLoop::run_chunk(std::size_t m, const ExitPlan& plan, ExitBatch& batch) {
    Member& member = members_[m];
    const auto input = member.executor.input(static_cast<int>(slots_.size()));
    const std::size_t image = input.size() / slots_.size();
    for (std::size_t i = 0; i < slots_.size(); ++i)
        batch.fill(static_cast<int>(m), slots_[i], input.subspan(i * image, image));
    for (std::size_t s = 0; s < member.positions.size() && !slots_.empty(); ++s) {
        const int position = member.positions[s];
        const bool is_final = index(position) + 1 == positions_.size();
        member.executor.advance();
        const DecisionPoint& point = plan.points[index(position)];
        std::span<const float> logits;
        if (point.enabled) {
            logits = logits_of(member.executor, point.head);
            run_exit(plan, position, logits, batch);
        }
        if (has_deadlines_ && !is_final) exit_late(m, s, plan, logits, batch);
        if (point.enabled || has_deadlines_) compact(member);
    }
}

void ExitLoop::run_exit(const ExitPlan& plan, int position, std::span<const float> logits, ExitBatch& batch) {
    const DecisionPoint& point = plan.points[index(position)];
    const bool is_final = index(position) + 1 == positions_.size();
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i] < 0) continue;
        const auto own = logits_at(i, logits);
        const float score = judge(plan, slots_[i], own);
        if (!std::isfinite(score)) ++non_finite_scores_;
        if (is_final || (std::isfinite(score) && static_cast<double>(score) > point.threshold))
            exit_row(i, {position, positions_[index(position)].member, &point.type, score, point.paid, own},
                     batch);
    }
}

float ExitLoop::judge(const ExitPlan& plan, int slot, std::span<const float> own) {
    Row& row = rows_[index(slot)];
    const int best = best_class(own);
    row.agreement = best == row.best ? row.agreement + 1 : 1;
    row.best = best;
    return row.score = plan.score->compute({own, best, row.agreement});
}

void ExitLoop::exit_row(std::size_t place, ExitAnswer answer, ExitBatch& batch) {
    const int slot = std::exchange(slots_[place], -1);
    if (has_deadlines_ && !answer.late) answer.late = times_->now() > batch.deadline(slot);
    batch.exit(slot, answer);
}

// Rows that would be late after the next stage leave now, by the exit just evaluated, or else by the site's
// best head though it is off: it knows more of the image than any exit before.
void ExitLoop::exit_late(std::size_t m, std::size_t s, const ExitPlan& plan, std::span<const float> logits,
                         ExitBatch& batch) {
    const int p = members_[m].positions[s];
    const DecisionPoint& point = plan.points[index(p)];
    const ExitSite::Head& head = positions_[index(p)].heads[point.late_head];
    const std::string& type = point.enabled ? point.type : head.type;
    const std::int64_t paid = point.paid + (point.enabled ? 0 : head.macs);
    const StageTimes::TimePoint earliest = earliest_deadline(m, s, plan, batch);
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i] < 0 || batch.deadline(slots_[i]) >= earliest) continue;
        if (logits.empty()) logits = logits_of(members_[m].executor, head.index);
        const auto own = logits_at(i, logits);
        const float score = point.enabled ? rows_[index(slots_[i])].score : judge(plan, slots_[i], own);
        exit_row(i, {p, positions_[index(p)].member, &type, score, paid, own, true}, batch);
    }
}

// Rows whose deadline is before it do not go on: as a rule it is when the next stage will have run. Where
// that would keep rows from a stage that may have become quicker, it is tried with them once in a while.
StageTimes::TimePoint ExitLoop::earliest_deadline(std::size_t m, std::size_t s, const ExitPlan& plan,
                                                  const ExitBatch& batch) {
    const bool is_last = s + 1 == members_[m].positions.size();
    if (is_last) do
            ++m;
        while (!plan.member_runs[m]);
    const std::size_t stage = members_[m].first_stage + (is_last ? 0 : s + 1);
    const std::size_t bucket = members_[m].executor.bucket();
    const StageTimes::TimePoint now = times_->now();
    const auto after = now + std::chrono::duration_cast<StageTimes::TimePoint::duration>(
                                 std::chrono::duration<double>(times_->expected(stage, bucket)));
    auto latest = now;  // deadline of those that the stage would make late
    for (const int slot : slots_)
        if (slot >= 0 && batch.deadline(slot) < after) latest = std::max(latest, batch.deadline(slot));
    const std::chrono::duration<double> limit = latest - now;
    return limit.count() > 0 && times_->should_try(stage, bucket, limit.count()) ? now : after;
}

std::span<const float> ExitLoop::logits_of(StagedExecutor& executor, int head) {
    return head < 0 ? executor.logits() : executor.run_head(head);
}

// After the last compaction there may be fewer rows than places; each place has its logits.
std::span<const float> ExitLoop::logits_at(std::size_t place, std::span<const float> logits) const {
    const std::size_t classes = logits.size() / slots_.size();
    return logits.subspan(place * classes, classes);
}

// The last rows go to where others have left, so that as few as possible move.
void ExitLoop::compact(Member& member) {
    const auto left =
        static_cast<std::size_t>(std::ranges::count_if(slots_, [](int row) { return row >= 0; }));
    kept_.clear();
    std::size_t last = slots_.size();
    for (std::size_t i = 0; i < left; ++i) {
        std::size_t from = i;
        if (slots_[i] < 0) {
            do --last;
            while (slots_[last] < 0);
            from = last;
        }
        kept_.push_back(static_cast<int>(from));
    }
    if (left > 0 && !member.executor.keep(kept_)) return;
    for (std::size_t i = 0; i < left; ++i) slots_[i] = slots_[index(kept_[i])];
    slots_.resize(left);
}

}  // namespace dyce
