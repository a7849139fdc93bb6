// The exit loop: a batch walks the members and sites of a model; each image leaves at the first enabled
// exit that is sure enough, and what remains of the batch goes on (docs/method.md, "Inference rule").
// One ExitLoop serves one thread at a time; many may share compiled members.
#pragma once

#include "runtime/exec/staged_executor.h"
#include "runtime/flow/exit_plan.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace dyce {

/// How an image left.
struct ExitAnswer {
    int position = 0;
    int member = 0;
    const std::string* type = nullptr;  ///< of the head; lives as long as the plan and the loop
    float score = 0;
    std::int64_t macs = 0;          ///< multiply-adds paid
    std::span<const float> logits;  ///< valid during exit() only
    bool late = false;              ///< it left because of its deadline, or after it
};

/// The images of one run and what becomes of them.
class ExitBatch {
public:
    using Clock = std::chrono::steady_clock;

    virtual ~ExitBatch() = default;
    /// Writes image `row` as `member` wants it. Asked for only when the member runs for the row.
    virtual void fill(int member, int row, std::span<float> image) = 0;
    /// Called once for every row, in the order in which they leave.
    virtual void exit(int row, const ExitAnswer& answer) = 0;
    /// When the row must leave at the latest, by the best head of the site it has reached.
    virtual Clock::time_point deadline(int /*row*/) const { return Clock::time_point::max(); }
};

class ExitLoop {
public:
    /// `members` are compiled with the heads that `positions` lists. Loops of the same members may share
    /// `times`, made for them; null = a store of its own. Deadlines go by its clock.
    ExitLoop(const std::vector<std::shared_ptr<const CompiledModel>>& members,
             std::vector<ExitSite> positions, int max_batch, std::shared_ptr<StageTimes> times = nullptr);

    /// Runs rows 0 .. rows - 1 of `batch` under `plan`, which is made for the same positions. Allocates
    /// nothing.
    void run(const ExitPlan& plan, int rows, ExitBatch& batch);

    /// Scores that were infinite or NaN so far; none of them fired.
    std::uint64_t non_finite_scores() const { return non_finite_scores_; }

private:
    struct Member {
        StagedExecutor executor;
        std::size_t first_stage;     ///< in the store of times
        std::vector<int> positions;  ///< where each stage ends
    };
    /// What is known of a row that is on its way, by the latest exit evaluated.
    struct Row {
        int best = -1, agreement = 0;
        float score = 0;
    };

    void run_member(std::size_t m, const ExitPlan& plan, ExitBatch& batch);
    void run_chunk(std::size_t m, const ExitPlan& plan, ExitBatch& batch);
    void run_exit(const ExitPlan& plan, int position, std::span<const float> logits, ExitBatch& batch);
    void exit_late(std::size_t m, std::size_t s, const ExitPlan& plan, std::span<const float> logits,
                   ExitBatch& batch);
    StageTimes::TimePoint earliest_deadline(std::size_t m, std::size_t s, const ExitPlan& plan,
                                            const ExitBatch& batch);
    float judge(const ExitPlan& plan, int slot, std::span<const float> own);
    void exit_row(std::size_t place, ExitAnswer answer, ExitBatch& batch);
    static std::span<const float> logits_of(StagedExecutor& executor, int head);
    std::span<const float> logits_at(std::size_t place, std::span<const float> logits) const;
    void compact(Member& member);

    std::vector<Member> members_;
    std::vector<ExitSite> positions_;
    std::vector<Row> rows_;
    std::vector<int> waiting_;  ///< rows that the next member will run for
    std::vector<int> slots_;    ///< the row that lies at each place of the batch; -1 = it has left
    std::vector<int> kept_;     ///< for each place of the batch that goes on, where its row lies
    bool has_deadlines_ = false;
    std::shared_ptr<StageTimes> times_;
    std::uint64_t non_finite_scores_ = 0;
};

}  // namespace dyce
