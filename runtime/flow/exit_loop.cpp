#include "runtime/flow/exit_loop.h"

#include "runtime/core/index.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace dyce {

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
      skipped_(index(max_batch), skippable_sites(positions_)),
      runs_(index(max_batch)),
      times_(times != nullptr ? std::move(times) : make_stage_times(members)),
      gate_counts_(skippable_sites(positions_)) {
    cut_.reserve(rows_.size());
    places_.reserve(rows_.size());
    going_on_.reserve(rows_.size());
    std::size_t stages = 0;
    for (auto& runner : members) {
        std::vector<int> ends;
        for (const StagePoint& point : runner->points())
            ends.push_back(position_of(positions_, members_.size(), point));
        members_.push_back({std::move(runner), stages, std::move(ends)});
        stages += members_.back().positions.size();
    }
}

void ExitLoop::run(const ExitPlan& plan, int rows, ExitBatch& batch) {
    for (int row = 0; row < rows; ++row) rows_[index(row)] = {&plan};
    waiting_.fill(rows);
    ask_once(batch, index(rows));
    run_members(0, batch);
}

void ExitLoop::run(std::span<const ExitPlan* const> plans, ExitBatch& batch) {
    for (std::size_t row = 0; row < plans.size(); ++row) rows_[row] = {plans[row]};
    waiting_.fill(static_cast<int>(plans.size()));
    ask_once(batch, plans.size());
    run_members(0, batch);
}

void ExitLoop::resume(std::span<const ExitPlan* const> plans, const RunState& state, ExitBatch& batch) {
    for (std::size_t row = 0; row < plans.size(); ++row) {
        rows_[row] = state.rows[row];
        rows_[row].plan = plans[row];
    }
    ask_once(batch, plans.size());
    waiting_.assign(state.waiting);
    arrived_.assign(state.arrived);
    begun_ = 0;
    skipped_.assign(state.skipped);
    present_.assign(state.present);
    const std::size_t m = index(state.member);
    members_[m].runner->import_held(index(state.stage), static_cast<int>(present_.places()), state.held);
    run_stages(m, index(state.stage) + 1, batch);
    run_arrived(m, batch);
    run_members(m + 1, batch);
}

std::vector<std::vector<std::size_t>> ExitLoop::held_bytes() const {
    std::vector<std::vector<std::size_t>> bytes;
    for (const Member& member : members_) {
        bytes.emplace_back();
        for (std::size_t point = 0; point + 1 < member.positions.size(); ++point)
            bytes.back().push_back(member.runner->held_bytes(point));
    }
    return bytes;
}

void ExitLoop::ask_once(ExitBatch& batch, std::size_t rows) {
    count_ = rows;
    skipped_.clear();
    has_deadlines_ = false;
    for (std::size_t row = 0; row < rows; ++row)
        has_deadlines_ =
            has_deadlines_ || batch.deadline(static_cast<int>(row)) != ExitBatch::Clock::time_point::max();
    has_budgets_ = false;
    for (std::size_t row = 0; row < rows; ++row) {
        rows_[row].budget = batch.budget(static_cast<int>(row));
        has_budgets_ = has_budgets_ || rows_[row].budget.limits_any();
    }
    supply_ = batch.supply();
    is_watched_ = batch.watches();
}

void ExitLoop::run_members(std::size_t first, ExitBatch& batch) {
    for (std::size_t m = first; m < members_.size(); ++m) {
        waiting_.partition([&](int row) { return rows_[index(row)].plan->member_runs[m]; }, arrived_);
        begun_ = 0;
        run_arrived(m, batch);
    }
}

// Chunk by chunk; the rows of each that have not exited wait for the next member, beside those whose plans do
// without this one.
void ExitLoop::run_arrived(std::size_t m, ExitBatch& batch) {
    const std::size_t at_once = index(members_[m].runner->rows_at_once());
    while (begun_ < arrived_.places()) {
        present_.gather(arrived_, begun_, at_once);
        begun_ += present_.places();
        if (supply_ != nullptr) begin_supplied(m, batch);
        if (present_.places() == 0) continue;
        fill(m, batch);
        run_stages(m, 0, batch);
    }
}

void ExitLoop::run_stages(std::size_t m, std::size_t first, ExitBatch& batch) {
    const std::vector<int>& ends = members_[m].positions;
    const bool may_cut = has_deadlines_ || has_budgets_ || supply_ != nullptr;
    for (std::size_t stage = first; stage < ends.size() && present_.places() > 0; ++stage) {
        const Here here{m, stage, index(ends[stage]), stage + 1 == ends.size()};
        advance(here);
        const bool has_dropped = drop_cancelled(batch);
        if (!here.is_last && batch.wants_features(ends[stage])) show_features(here, batch);
        const bool has_run = run_exits(here, batch);
        if (may_cut && here.position + 1 < positions_.size()) cut_rows(here, batch);
        if (has_run || has_dropped || may_cut) compact(here);
        if (is_watched_ && !here.is_last) show_state(here, batch);
    }
    for (std::size_t place = 0; place < present_.places(); ++place)
        if (!present_.is_vacant(place)) state_of(place).cost.add_member(positions_[index(ends.back())].macs);
    present_.scatter(waiting_);
}

void ExitLoop::fill(std::size_t m, ExitBatch& batch) {
    const auto input = members_[m].runner->begin(static_cast<int>(present_.places()));
    const std::size_t image = input.size() / present_.places();
    for (std::size_t place = 0; place < present_.places(); ++place)
        batch.fill(static_cast<int>(m), present_[place], input.subspan(place * image, image));
}

void ExitLoop::advance(const Here& here) {
    if (const ExitSite::Gate* gate = gate_before(here)) return advance_chosen(here, *gate);
    const Member& member = members_[here.member];
    const auto start = times_->now();
    member.runner->advance();
    times_->add(member.first_stage + here.stage, member.runner->bucket(), start, times_->now());
    if (supply_ != nullptr) supply_->ran(here.position, -1, present_.count());
    logits_.reset();
}

void ExitLoop::note_head(const Here& here, const ExitSite::Head& head) {
    const std::vector<ExitSite::Head>& heads = positions_[here.position].heads;
    supply_->ran(here.position, static_cast<int>(&head - heads.data()), 1);
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

void ExitLoop::find_places() {
    places_.clear();
    for (std::size_t place = 0; place < present_.places(); ++place)
        if (!present_.is_vacant(place)) places_.push_back(static_cast<int>(place));
}

// Of what lies there and elsewhere, behind the point.
void ExitLoop::show_state(const Here& here, ExitBatch& batch) {
    find_places();
    if (places_.empty()) return;
    going_on_.clear();
    for (const int place : places_) going_on_.push_back(present_[index(place)]);
    batch.reached({.member = static_cast<int>(here.member),
                   .stage = static_cast<int>(here.stage),
                   .places = places_,
                   .present = going_on_,
                   .arrived = arrived_.rows().subspan(begun_),
                   .waiting = waiting_.rows(),
                   .rows = std::span(rows_).first(count_),
                   .skipped = skipped_.bits(count_)},
                  *members_[here.member].runner);
}

void ExitLoop::show_features(const Here& here, ExitBatch& batch) {
    find_places();
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
        if (supply_ != nullptr) note_head(here, head);
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
    answer.skipped = skipped_.of(row);
    batch.exit(row, answer);
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
