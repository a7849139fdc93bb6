#include "runtime/flow/exit_loop.h"

#include "runtime/core/index.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace dyce {
namespace {

// The site through all members of a point that a runner names.
int site_of(const std::vector<ExitSite>& positions, std::size_t member, const StagePoint& point) {
    for (std::size_t p = 0; p < positions.size(); ++p)
        if (index(positions[p].member) == member && positions[p].site == point.local_site)
            return static_cast<int>(p);
    throw Error(ErrorCode::kInternal, "exit loop",
                "a stage ends at local site " + std::to_string(point.local_site) + ", which is none");
}

}  // namespace

std::shared_ptr<StageTimes> make_stage_times(const StageRunners& members, TimeSource now) {
    std::size_t stages = 0, buckets = 0;
    for (const auto& member : members) {
        stages += member->points().size();
        buckets = std::max(buckets, member->buckets());
    }
    return std::make_shared<StageTimes>(stages, buckets, std::move(now));
}

ExitLoop::ExitLoop(StageRunners members, std::vector<ExitSite> positions, int max_batch,
                   std::shared_ptr<StageTimes> times)
    : positions_(std::move(positions)),
      rows_(index(max_batch)),
      waiting_(max_batch),
      arrived_(max_batch),
      present_(max_batch),
      times_(times != nullptr ? std::move(times) : make_stage_times(members)) {
    late_.reserve(rows_.size());
    places_.reserve(rows_.size());
    std::size_t stages = 0;
    for (auto& runner : members) {
        std::vector<int> ends;
        for (const StagePoint& point : runner->points())
            ends.push_back(site_of(positions_, members_.size(), point));
        members_.push_back({std::move(runner), stages, std::move(ends)});
        stages += members_.back().positions.size();
    }
}

void ExitLoop::run(const ExitPlan& plan, int rows, ExitBatch& batch) {
    for (int row = 0; row < rows; ++row) rows_[index(row)] = {&plan};
    waiting_.fill(rows);
    run_waiting(batch);
}

void ExitLoop::run(std::span<const ExitPlan* const> plans, ExitBatch& batch) {
    for (std::size_t row = 0; row < plans.size(); ++row) rows_[row] = {plans[row]};
    waiting_.fill(static_cast<int>(plans.size()));
    run_waiting(batch);
}

void ExitLoop::run_waiting(ExitBatch& batch) {
    has_deadlines_ = false;
    for (std::size_t row = 0; row < waiting_.places(); ++row)
        has_deadlines_ =
            has_deadlines_ || batch.deadline(static_cast<int>(row)) != ExitBatch::Clock::time_point::max();
    for (std::size_t m = 0; m < members_.size(); ++m) run_member(m, batch);
}

// Chunk by chunk; the rows of each that have not exited wait for the next member, beside those whose plans do
// without this one.
void ExitLoop::run_member(std::size_t m, ExitBatch& batch) {
    waiting_.partition([&](int row) { return rows_[index(row)].plan->member_runs[m]; }, arrived_);
    const std::size_t at_once = index(members_[m].runner->rows_at_once());
    for (std::size_t first = 0; first < arrived_.places(); first += at_once) {
        present_.gather(arrived_, first, at_once);
        run_chunk(m, batch);
        present_.scatter(waiting_);
    }
}

void ExitLoop::run_chunk(std::size_t m, ExitBatch& batch) {
    fill(m, batch);
    const std::vector<int>& ends = members_[m].positions;
    for (std::size_t stage = 0; stage < ends.size() && present_.places() > 0; ++stage) {
        const Here here{m, stage, index(ends[stage]), stage + 1 == ends.size()};
        advance(here);
        const bool has_dropped = drop_cancelled(batch);
        if (!here.is_last && batch.wants_features(ends[stage])) show_features(here, batch);
        const bool has_run = run_exits(here, batch);
        if (has_deadlines_ && here.position + 1 < positions_.size()) exit_late(here, batch);
        if (has_run || has_dropped || has_deadlines_) compact(here);
    }
    for (std::size_t place = 0; place < present_.places(); ++place)
        if (!present_.is_vacant(place)) state_of(place).cost.add_member(positions_[index(ends.back())].macs);
}

void ExitLoop::fill(std::size_t m, ExitBatch& batch) {
    const auto input = members_[m].runner->begin(static_cast<int>(present_.places()));
    const std::size_t image = input.size() / present_.places();
    for (std::size_t place = 0; place < present_.places(); ++place)
        batch.fill(static_cast<int>(m), present_[place], input.subspan(place * image, image));
}

void ExitLoop::advance(const Here& here) {
    const Member& member = members_[here.member];
    const auto start = times_->now();
    member.runner->advance();
    times_->add(member.first_stage + here.stage, member.runner->bucket(), start, times_->now());
    logits_.reset();
}

bool ExitLoop::drop_cancelled(ExitBatch& batch) {
    bool has_dropped = false;
    for (std::size_t place = 0; place < present_.places(); ++place) {
        if (present_.is_vacant(place) || !batch.is_cancelled(present_[place])) continue;
        batch.drop(present_.take(place));
        has_dropped = true;
    }
    return has_dropped;
}

void ExitLoop::show_features(const Here& here, ExitBatch& batch) {
    places_.clear();
    for (std::size_t place = 0; place < present_.places(); ++place)
        if (!present_.is_vacant(place)) places_.push_back(static_cast<int>(place));
    StageRunner& runner = *members_[here.member].runner;
    runner.export_rows(places_, features_.resize(runner.points()[here.stage].values, places_.size()));
    for (std::size_t i = 0; i < places_.size(); ++i)
        batch.features(present_[index(places_[i])], static_cast<int>(here.position), features_.row(i));
}

// Each head that some row's plan has on here runs once, for the whole batch: what it says of other rows nobody
// reads.
bool ExitLoop::run_exits(const Here& here, ExitBatch& batch) {
    bool has_run = false;
    for (const ExitSite::Head& head : positions_[here.position].heads)
        for (std::size_t place = 0; place < present_.places(); ++place) {
            if (present_.is_vacant(place)) continue;
            const DecisionPoint& point = point_of(here, place);
            if (!point.enabled || point.head != head.index) continue;
            run_exit(here, head, batch);
            has_run = true;
            break;
        }
    return has_run;
}

void ExitLoop::run_exit(const Here& here, const ExitSite::Head& head, ExitBatch& batch) {
    const auto logits = logits_of(here, head.index);
    const ExitSite& site = positions_[here.position];
    for (std::size_t place = 0; place < present_.places(); ++place) {
        if (present_.is_vacant(place)) continue;
        const DecisionPoint& point = point_of(here, place);
        if (!point.enabled || point.head != head.index) continue;
        const auto own = logits_at(place, logits);
        RowState& row = state_of(place);
        row.cost.add_head(point.macs);
        judge(row, own);
        if (!std::isfinite(row.score)) ++non_finite_scores_;
        if (decide(point, row) == Action::kExit)
            exit_row(place,
                     {static_cast<int>(here.position), site.member, &point.type, row.score,
                      row.cost.at(site.macs), own},
                     batch);
    }
}

void ExitLoop::exit_row(std::size_t place, ExitAnswer answer, ExitBatch& batch) {
    const int row = present_.take(place);
    if (has_deadlines_ && !answer.late) answer.late = times_->now() > batch.deadline(row);
    batch.exit(row, answer);
}

// Rows that would be late after the next stage exit now, by the exit just evaluated, or else by the site's
// best head though it is off: it knows more of the image than any exit before.
void ExitLoop::exit_late(const Here& here, ExitBatch& batch) {
    late_.clear();
    if (here.is_last)
        for (std::size_t next = here.member + 1; next < members_.size(); ++next) find_late(here, next, batch);
    else
        find_late(here, here.member, batch);
    for (const ExitSite::Head& head : positions_[here.position].heads) exit_by(here, head, batch);
}

// Of those whose next stage is one of member `next`.
void ExitLoop::find_late(const Here& here, std::size_t next, const ExitBatch& batch) {
    bool has_rows = false;
    for (std::size_t place = 0; place < present_.places(); ++place)
        has_rows = has_rows || goes_to(here, next, place);
    if (!has_rows) return;
    const StageTimes::TimePoint earliest = earliest_deadline(here, next, batch);
    for (std::size_t place = 0; place < present_.places(); ++place)
        if (goes_to(here, next, place) && batch.deadline(present_[place]) < earliest) late_.push_back(place);
}

// Late rows that answer by this head.
void ExitLoop::exit_by(const Here& here, const ExitSite::Head& head, ExitBatch& batch) {
    const ExitSite& site = positions_[here.position];
    for (const std::size_t place : late_) {
        if (present_.is_vacant(place)) continue;
        const DecisionPoint& point = point_of(here, place);
        if ((point.enabled ? point.head : site.heads[point.late_head].index) != head.index) continue;
        const auto own = logits_at(place, logits_of(here, head.index));
        RowState& row = state_of(place);
        if (!point.enabled) {
            row.cost.add_head(head.macs);
            judge(row, own);
        }
        const std::string& type = point.enabled ? point.type : head.type;
        exit_row(place,
                 {static_cast<int>(here.position), site.member, &type, row.score, row.cost.at(site.macs), own,
                  true},
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

// A head that other rows have had in between runs once more.
std::span<const float> ExitLoop::logits_of(const Here& here, int head) {
    if (!logits_ || logits_->head != head)
        logits_ = Logits{head, members_[here.member].runner->run_head(head)};
    return logits_->numbers;
}

// After the last compaction there may be fewer rows than places; each place has its logits.
std::span<const float> ExitLoop::logits_at(std::size_t place, std::span<const float> logits) const {
    const std::size_t classes = logits.size() / present_.places();
    return logits.subspan(place * classes, classes);
}

// In the bucket in which the next stage takes the least time, as far as is known.
void ExitLoop::compact(const Here& here) {
    const auto rows = present_.count();
    if (rows == 0) present_.clear();
    if (rows == 0 || here.is_last) return;
    const Member& member = members_[here.member];
    const std::size_t to = times_->fastest(member.first_stage + here.stage + 1,
                                           member.runner->bucket_of(static_cast<int>(rows)));
    if (to != member.runner->bucket() && member.runner->keep(present_.compaction(), to)) present_.compact();
}

}  // namespace dyce
