// The exit loop: a batch walks the members and sites of a model; each picture leaves at the first enabled
// exit that is sure enough, and what remains of the batch goes on (METHOD: inference rule).
// One ExitLoop serves one thread at a time; many may share compiled members.
#pragma once

#include "runtime/exec/exit_plan.h"
#include "runtime/exec/staged_executor.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dyce {

/// How a picture left.
struct ExitAnswer {
    int position = 0;
    int member = 0;
    const std::string* type = nullptr;  ///< of the head; lives as long as the plan and the loop
    float score = 0;
    std::int64_t macs = 0;          ///< multiply-adds paid
    std::span<const float> logits;  ///< valid during leave() only
};

/// The pictures of one run and what becomes of them.
class ExitBatch {
public:
    using Clock = std::chrono::steady_clock;

    virtual ~ExitBatch() = default;
    /// Writes picture `row` as `member` wants it. Asked for only when the member runs for the row.
    virtual void fill(int member, int row, std::span<float> picture) = 0;
    /// Called once for every row, in the order in which they leave.
    virtual void leave(int row, const ExitAnswer& answer) = 0;
    /// When the row must leave at the latest, by the best head evaluated until then.
    virtual Clock::time_point deadline(int /*row*/) const { return Clock::time_point::max(); }
};

class ExitLoop {
public:
    /// `members` are compiled with the heads that `positions` lists.
    ExitLoop(const std::vector<std::shared_ptr<const CompiledModel>>& members,
             std::vector<ExitPosition> positions, int max_batch);

    /// Runs rows 0 .. rows - 1 of `batch` under `plan`, which is made for the same positions. Without
    /// deadlines it allocates nothing.
    void run(const ExitPlan& plan, int rows, ExitBatch& batch);

    /// Scores that were infinite or NaN so far; none of them fired.
    std::uint64_t non_finite_scores() const { return non_finite_scores_; }

private:
    struct Stage {
        int position;
        double seconds = 0;  ///< what it took when it last ran
    };
    struct Member {
        StagedExecutor executor;
        std::vector<Stage> stages;
    };
    /// What is known of a row that is on its way.
    struct Row {
        int best = -1, agreement = 0;  ///< of the latest exit evaluated
        ExitAnswer answer;             ///< of the latest exit evaluated; logits are in late_logits_
        bool has_answer = false;
    };

    void run_member(std::size_t m, const ExitPlan& plan, ExitBatch& batch);
    void run_part(std::size_t m, const ExitPlan& plan, ExitBatch& batch);
    void run_exit(const ExitPlan& plan, const Stage& stage, std::span<const float> logits, ExitBatch& batch);
    void leave_late(Member& member, std::size_t next, const ExitPlan& plan, ExitBatch& batch);
    void compact(Member& member);
    std::span<float> late_logits(int row, std::size_t classes);

    std::vector<Member> members_;
    std::vector<ExitPosition> positions_;
    std::vector<Row> rows_;
    std::vector<int> waiting_;  ///< rows that the next member will run for
    std::vector<int> slots_;    ///< the row that lies at each place of the batch; -1 = it has left
    std::vector<int> kept_;     ///< for each place of the batch that goes on, where its row lies
    bool has_deadlines_ = false;
    std::vector<float> late_logits_;
    std::uint64_t non_finite_scores_ = 0;
};

}  // namespace dyce
