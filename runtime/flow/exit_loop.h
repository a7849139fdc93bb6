// The exit loop: rows go through the members and points of a model, each under its own plan; each exits at the
// first enabled exit that is sure enough, and what remains of the batch goes on (docs/method.md, "Inference
// rule"). Who computes is behind StageRunner. One ExitLoop serves one thread at a time.
#pragma once

#include "runtime/flow/decision.h"
#include "runtime/flow/exit_batch.h"
#include "runtime/flow/row_set.h"
#include "runtime/flow/skipped_sites.h"
#include "runtime/flow/stage_runner.h"
#include "runtime/flow/stage_times.h"

#include <dyce/gate_count.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace dyce {

/// The store for the stages of a model's members, one after another.
std::shared_ptr<StageTimes> make_stage_times(const StageRunners& members, TimeSource now = machine_time());

class ExitLoop {
public:
    /// `members` have heads at the sites where `positions` lists some. Loops of the same members may share
    /// `times`, made for them; null = a store of its own. Deadlines go by its clock.
    ExitLoop(StageRunners members, std::vector<ExitSite> positions, int max_batch,
             std::shared_ptr<StageTimes> times = nullptr);

    /// Runs rows 0 .. plans.size() - 1 of `batch`, at most max_batch, each under its plan, which is made for
    /// the same positions: a row's answer is the one it has alone. Allocates nothing.
    void run(std::span<const ExitPlan* const> plans, ExitBatch& batch);
    /// All rows under one plan.
    void run(const ExitPlan& plan, int rows, ExitBatch& batch);
    /// Goes on from `state`, which a loop of equally compiled members reached under the same plans.
    void resume(std::span<const ExitPlan* const> plans, const RunState& state, ExitBatch& batch);

    /// Bytes of RunState::held for one row, by member and stage; classifiers are left out.
    std::vector<std::vector<std::size_t>> held_bytes() const;

    /// Scores, and logits of gates, that were infinite or NaN so far; none of them fired or skipped anything.
    std::uint64_t non_finite_scores() const { return non_finite_scores_; }
    /// What gates decided since somebody set these to 0, by position; empty where no member has gates.
    std::span<GateCount> gate_counts() { return gate_counts_; }

private:
    struct Member {
        std::unique_ptr<StageRunner> runner;
        std::size_t first_stage;     ///< in the store of times
        std::vector<int> positions;  ///< where each stage ends
    };
    /// Where the rows of the batch stand.
    struct Here {
        std::size_t member;
        std::size_t stage;  ///< of the member, the one just run
        std::size_t position;
        bool is_last;  ///< of the member
    };
    struct Logits {
        int head;
        std::span<const float> numbers;
    };

    struct CutRow {
        std::size_t place;
        Cut cut;
    };

    void ask_once(ExitBatch& batch, std::size_t rows);
    void run_members(std::size_t first, ExitBatch& batch);
    void run_arrived(std::size_t m, ExitBatch& batch);
    void run_stages(std::size_t m, std::size_t first, ExitBatch& batch);
    void fill(std::size_t m, ExitBatch& batch);
    void advance(const Here& here);
    const ExitSite::Gate* gate_before(const Here& here) const;
    std::size_t choose_runners(const Here& here, const ExitSite::Gate& gate);
    void advance_chosen(const Here& here, const ExitSite::Gate& gate);
    void note_head(const Here& here, const ExitSite::Head& head);
    bool drop_cancelled(ExitBatch& batch);
    void find_places();
    void show_features(const Here& here, ExitBatch& batch);
    void show_state(const Here& here, ExitBatch& batch);
    bool run_exits(const Here& here, ExitBatch& batch);
    void run_exit(const Here& here, const ExitSite::Head& head, ExitBatch& batch);
    void cut_rows(const Here& here, ExitBatch& batch);
    void find_late(const Here& here, std::size_t next, const ExitBatch& batch);
    void find_unsupplied(const Here& here);
    void cut_over_budget(const Here& here, ExitBatch& batch);
    std::size_t head_of_cut(const Here& here, std::size_t place, Cut cut) const;
    void begin_supplied(std::size_t m, ExitBatch& batch);
    double left_for_present(std::size_t m) const;
    double answer_at(const RowState& row, std::size_t position) const;
    double answer_here(const Here& here, std::size_t place) const;
    double next_answer(const Here& here, std::size_t place) const;
    double answer_from(std::size_t member, std::size_t stage, int row) const;
    double first_answer(std::size_t first, int row) const;
    void exit_cut(const Here& here, ExitBatch& batch);
    void exit_by(const Here& here, const ExitSite::Head& head, ExitBatch& batch);
    StageTimes::TimePoint earliest_deadline(const Here& here, std::size_t next, const ExitBatch& batch);
    std::size_t next_member(const Here& here, int row) const;
    bool goes_to(const Here& here, std::size_t next, std::size_t place) const;
    void exit_row(std::size_t place, ExitAnswer answer, ExitBatch& batch);
    std::span<const float> logits_of(const Here& here, int head);
    std::span<const float> logits_at(std::size_t place, std::span<const float> logits) const;
    void compact(const Here& here);

    RowState& state_of(std::size_t place) { return rows_[index(present_[place])]; }
    const DecisionPoint& point_of(const Here& here, std::size_t place) const {
        return rows_[index(present_[place])].plan->points[here.position];
    }

    std::vector<Member> members_;
    std::vector<ExitSite> positions_;
    std::vector<RowState> rows_;  ///< by row
    RowSet waiting_;              ///< for the members to come
    RowSet arrived_;              ///< for the one that runs
    RowSet present_;              ///< in it now
    std::size_t count_ = 0;       ///< of rows of the run
    std::size_t begun_ = 0;       ///< places of arrived_ that the member has begun with
    std::vector<CutRow> cut_;     ///< of present_
    SkippedTable skipped_;
    std::vector<bool> runs_;     ///< by place: whether the stage is run for it
    std::vector<int> places_;    ///< that are not vacant
    std::vector<int> going_on_;  ///< their rows
    CarriedRows features_;
    std::optional<Logits> logits_;  ///< computed last at the present point
    bool has_deadlines_ = false, has_budgets_ = false, is_watched_ = false;
    Supply* supply_ = nullptr;
    std::shared_ptr<StageTimes> times_;
    std::uint64_t non_finite_scores_ = 0;
    std::vector<GateCount> gate_counts_;
};

}  // namespace dyce
