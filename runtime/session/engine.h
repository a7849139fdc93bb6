// A model compiled to run batches under any of its configurations: what Session and Scheduler stand on. All
// members may be called from several threads at once.
#pragma once

#include "loaders/format/model_file.h"
#include "runtime/core/idle_pool.h"
#include "runtime/exec/local_stage_runner.h"
#include "runtime/flow/budget.h"
#include "runtime/flow/exit_loop.h"
#include "runtime/session/economy.h"
#include "runtime/session/feature_sites.h"

#include <dyce/session.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace dyce {

class Engine {
public:
    /// Memory for `concurrent` batches is taken at once, for more when they run. Deadlines go by `now`.
    /// Throws as Session does.
    Engine(const Model& model, const EngineOptions& options, int concurrent = 1,
           TimeSource now = machine_time());

    const ModelData& model() const { return *model_; }
    std::size_t max_batch() const { return max_batch_; }
    /// Positions where an image may leave, the final exit included.
    std::size_t positions() const { return positions_.size(); }

    const FeatureSites& feature_sites() const { return feature_sites_; }

    /// A configuration of no set goes by what the set stored with the model knows of heads.
    /// Throws Error{kUsage} when the configuration is not for this model.
    std::shared_ptr<const ExitPlan> make_plan(const Configuration& configuration) const;

    /// What ClassifyOptions asks for; 0 = no limit. Throws Error{kUsage} when a budget is negative or not finite, or
    /// one in milliseconds is given without EngineOptions::stage_ms.
    Budget make_budget(std::int64_t macs, double ms) const;
    /// Throws Error{kUsage} naming the least there is when rows of the plan cannot keep the budget.
    void check_budget(const Budget& budget, const ExitPlan& plan) const;

    /// Runs rows 0 .. plans.size() - 1, at most max_batch() of them, each under its own plan: its answer is
    /// the one it has alone.
    void run(std::span<const ExitPlan* const> plans, ExitBatch& batch);
    /// The same under one plan for all.
    void run(const ExitPlan& plan, std::size_t rows, ExitBatch& batch);
    /// Goes on from a state that an engine of the same plan_digest() reached, under one plan for all.
    void resume(const ExitPlan& plan, const RunState& state, ExitBatch& batch);
    /// As ExitLoop has them.
    std::vector<std::vector<std::size_t>> held_bytes();
    /// 32 hexadecimal digits over how all members are computed.
    std::string plan_digest() const;

    /// What memory it takes, with that for the batches at a time that it was made for. Goes through all weights.
    MemoryUse memory_use() const;
    /// What was given up to fit EngineOptions::max_memory.
    Economy economy() const { return economy_; }
    /// What images live on; null when nobody asks.
    Supply* energy() const { return energy_.get(); }

    /// Bytes of activations and scratch memory that each batch at a time takes.
    std::size_t arena_bytes() const;

    /// What gates decided so far, instead of what was in `counts`; another call with it allocates nothing.
    void read_gates(std::vector<GateCount>& counts) const;
    /// Exit scores so far that were infinite or NaN.
    std::uint64_t non_finite_scores() const { return non_finite_scores_; }

private:
    Engine(CompiledForMemory compiled, const EngineOptions& options, int concurrent, TimeSource now);
    std::unique_ptr<ExitLoop> make_loop(StageRunners runners) const;
    template <class Run>
    void run_loop(const Run& run);

    std::shared_ptr<const ModelData> model_;
    std::string precision_;
    std::size_t max_batch_;
    Economy economy_;
    int concurrent_;
    std::vector<ExitSite> positions_;
    FeatureSites feature_sites_;
    CompiledMembers members_;
    std::unique_ptr<Supply> energy_;
    std::optional<SupplyCosts> stage_ms_;
    std::shared_ptr<StageTimes> times_;  ///< of all loops
    std::atomic<std::uint64_t> non_finite_scores_{0};
    struct GateCounter {
        std::atomic<std::uint64_t> asked{0}, opened{0};
    };
    std::vector<GateCounter> gates_;  ///< by site; empty without gates

    IdlePool<ExitLoop> loops_;
};

}  // namespace dyce
