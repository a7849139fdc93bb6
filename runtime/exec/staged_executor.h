// Runs a network with exits piece by piece: backbone up to a site, heads there, on to the next site. One
// StagedExecutor serves one thread at a time; many may share one CompiledModel.
#pragma once

#include "runtime/exec/executor.h"

#include <memory>
#include <span>

namespace dyce {

class ComputeTeam;

class StagedExecutor {
public:
    /// `model` was compiled with heads, or without: then there is one stage.
    /// On `team`, as ExecutionContext.
    explicit StagedExecutor(std::shared_ptr<const CompiledModel> model,
                            std::shared_ptr<ComputeTeam> team = nullptr);
    ~StagedExecutor();
    StagedExecutor(StagedExecutor&&) noexcept;

    /// Stretches of the backbone: each but the last ends at a site that has heads.
    int stages() const;

    /// Pictures of one batch at most: as many as go through the network together.
    int rows_at_once() const;

    /// Begins a batch: where the caller writes `rows` preprocessed pictures, row-major.
    /// Throws Error{kUsage} unless 1 <= rows <= rows_at_once().
    std::span<float> input(int rows);
    /// Runs the next stage.
    void advance();
    /// Logits of a head at the site just reached (`head` counts through all heads), one row a picture, valid
    /// until the next call.
    std::span<const float> run_head(int head);
    /// The classifier's logits, after the last stage.
    std::span<const float> logits() const;

    /// Pictures on their way, as they lie in memory.
    int rows() const;
    /// Goes on with only some rows, in the batch size in which the next stage takes the least time as far as
    /// measured; returns whether it did, which it does not where nothing is saved. Place i takes the row of
    /// place kept[i]: its own, or one from kept.size() on. After a stage but the last.
    bool keep(std::span<const int> kept);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace dyce
