#include "runtime/exec/exit_loop.h"

#include "runtime/core/compute_team.h"
#include "runtime/core/index.h"
#include "runtime/exec/compiled_model.h"

#include <algorithm>
#include <cmath>

namespace dyce {

ExitLoop::ExitLoop(const std::vector<std::shared_ptr<const CompiledModel>>& members,
                   std::vector<ExitPosition> positions, int max_batch)
    : positions_(std::move(positions)), rows_(index(max_batch)) {
    waiting_.reserve(rows_.size());
    slots_.reserve(rows_.size());
    kept_.reserve(rows_.size());
    // Members run one after another: one team serves all.
    const auto team = std::make_shared<ComputeTeam>(members[0]->data().options.threads);
    for (const auto& member : members) members_.push_back({StagedExecutor(member, team), {}});
    for (std::size_t p = 0; p < positions_.size(); ++p)  // sites without heads end no stage
        if (!positions_[p].heads.empty())
            members_[index(positions_[p].member)].stages.push_back({static_cast<int>(p)});
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
        run_part(m, plan, batch);
        for (const int row : slots_)
            if (row >= 0) waiting_[left++] = row;
    }
    waiting_.resize(left);
}

void ExitLoop::run_part(std::size_t m, const ExitPlan& plan, ExitBatch& batch) {
    Member& member = members_[m];
    const auto input = member.executor.input(static_cast<int>(slots_.size()));
    const std::size_t picture = input.size() / slots_.size();
    for (std::size_t i = 0; i < slots_.size(); ++i)
        batch.fill(static_cast<int>(m), slots_[i], input.subspan(i * picture, picture));
    for (std::size_t s = 0; s < member.stages.size() && !slots_.empty(); ++s) {
        Stage& stage = member.stages[s];
        const bool is_classifier = s + 1 == member.stages.size();
        const auto start = has_deadlines_ ? ExitBatch::Clock::now() : ExitBatch::Clock::time_point();
        member.executor.advance();
        if (has_deadlines_)
            stage.seconds = std::chrono::duration<double>(ExitBatch::Clock::now() - start).count();
        const ExitStop& stop = plan.stops[index(stage.position)];
        if (stop.enabled)
            run_exit(plan, stage,
                     is_classifier ? member.executor.logits() : member.executor.run_head(stop.head), batch);
        if (has_deadlines_ && !is_classifier) leave_late(member, s + 1, plan, batch);
        if (stop.enabled || has_deadlines_) compact(member);
    }
}

void ExitLoop::run_exit(const ExitPlan& plan, const Stage& stage, std::span<const float> logits,
                        ExitBatch& batch) {
    const ExitStop& stop = plan.stops[index(stage.position)];
    const bool is_final = index(stage.position) + 1 == positions_.size();
    // After the last compaction there may be fewer rows than places; each place has its logits.
    const std::size_t classes = logits.size() / slots_.size();
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        if (slots_[i] < 0) continue;
        Row& row = rows_[index(slots_[i])];
        const auto own = logits.subspan(i * classes, classes);
        const int best = best_class(own);
        row.agreement = best == row.best ? row.agreement + 1 : 1;
        row.best = best;
        const float score = plan.score->compute({own, best, row.agreement});
        if (!std::isfinite(score)) ++non_finite_scores_;
        row.answer = {
            stage.position, positions_[index(stage.position)].member, &stop.type, score, stop.paid, own};
        if (is_final || (std::isfinite(score) && static_cast<double>(score) > stop.threshold)) {
            batch.leave(slots_[i], row.answer);
            slots_[i] = -1;
        } else if (has_deadlines_ && std::isfinite(score)) {
            row.has_answer = true;
            std::copy(own.begin(), own.end(), late_logits(slots_[i], classes).begin());
        }
    }
}

// Rows that would be late after the next stage leave now: by the latest exit evaluated, or else by a head of
// this site, on or off.
void ExitLoop::leave_late(Member& member, std::size_t next, const ExitPlan& plan, ExitBatch& batch) {
    const auto predicted =
        ExitBatch::Clock::now() + std::chrono::duration_cast<ExitBatch::Clock::duration>(
                                      std::chrono::duration<double>(member.stages[next].seconds));
    const int p = member.stages[next - 1].position;
    const ExitPosition::Head& head = positions_[index(p)].heads.front();
    std::span<const float> logits;
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        const int slot = slots_[i];
        if (slot < 0 || batch.deadline(slot) >= predicted) continue;
        Row& row = rows_[index(slot)];
        if (!row.has_answer) {
            if (logits.empty()) logits = member.executor.run_head(head.index);
            const std::size_t classes = logits.size() / slots_.size();
            const auto own = logits.subspan(i * classes, classes);
            const int best = best_class(own);
            const float score = plan.score->compute({own, best, 1});
            const std::int64_t paid = plan.stops[index(p)].paid + head.macs;
            row.answer = {p, positions_[index(p)].member, &head.type, score, paid, own};
        } else {
            row.answer.logits = late_logits(slot, row.answer.logits.size());
            row.answer.macs = plan.stops[index(p)].paid;  // it came as far as here
        }
        batch.leave(slot, row.answer);
        slots_[i] = -1;
    }
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

std::span<float> ExitLoop::late_logits(int row, std::size_t classes) {
    late_logits_.resize(std::max(late_logits_.size(), rows_.size() * classes));
    return std::span(late_logits_).subspan(index(row) * classes, classes);
}

}  // namespace dyce
