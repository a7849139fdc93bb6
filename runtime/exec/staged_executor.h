// Runs a network with exits piece by piece: backbone up to a site, heads there, on to the next site. One
// StagedExecutor serves one thread at a time; many may share one CompiledModel.
#pragma once

#include "runtime/exec/executor.h"
#include "runtime/exec/stage_times.h"

#include <memory>
#include <span>

namespace dyce {

class ComputeTeam;

/// The store for the stages of `networks`, one network after another.
std::shared_ptr<StageTimes> make_stage_times(
    const std::vector<std::shared_ptr<const CompiledModel>>& networks, TimeSource now = machine_time());

class StagedExecutor {
public:
    /// `model` was compiled with heads, or without: then there is one stage. On `team`, as ExecutionContext.
    /// `times` has its stages from `first_stage` on; null = a store of its own.
    explicit StagedExecutor(std::shared_ptr<const CompiledModel> model,
                            std::shared_ptr<ComputeTeam> team = nullptr,
                            std::shared_ptr<StageTimes> times = nullptr, std::size_t first_stage = 0);
    ~StagedExecutor();
    StagedExecutor(StagedExecutor&&) noexcept;

    /// Stretches of the backbone: each but the last ends at a site that has heads.
    int stages() const;

    /// Images of one batch at most: as many as go through the network together.
    int rows_at_once() const;

    /// Begins a batch: where the caller writes `rows` preprocessed images, row-major.
    /// Throws Error{kUsage} unless 1 <= rows <= rows_at_once().
    std::span<float> input(int rows);
    /// Runs the next stage.
    void advance();
    /// Logits of a head at the site just reached (`head` counts through all heads), one row an image, valid
    /// until the next call.
    std::span<const float> run_head(int head);
    /// The classifier's logits, after the last stage.
    std::span<const float> logits() const;

    /// Images on their way, as they lie in memory.
    int rows() const;
    /// Among the batch sizes of the network, the one they lie in.
    std::size_t bucket() const;
    /// Goes on with only some rows, in the batch size in which the next stage takes the least time as far as
    /// measured; returns whether it did, which it does not where nothing is saved. Place i takes the row of
    /// place kept[i]: its own, or one from kept.size() on. After the last stage it does nothing.
    bool keep(std::span<const int> kept);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dyce
