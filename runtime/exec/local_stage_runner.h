// Runs a network with exits in this process, stage by stage, over one planned block of memory: the exit loop's
// own StageRunner. One runner serves one thread at a time; many may share one CompiledModel.
#pragma once

#include "runtime/exec/executor.h"
#include "runtime/flow/stage_runner.h"

#include <memory>
#include <span>
#include <vector>

namespace dyce {

class ComputeTeam;

class LocalStageRunner final : public StageRunner {
public:
    /// `model` was compiled with heads, or without: then there is one stage. On `team`, as ExecutionContext.
    explicit LocalStageRunner(std::shared_ptr<const CompiledModel> model,
                              std::shared_ptr<ComputeTeam> team = nullptr);
    ~LocalStageRunner() override;
    LocalStageRunner(LocalStageRunner&&) noexcept;

    std::span<const StagePoint> points() const override;
    int rows_at_once() const override;
    std::size_t buckets() const override;
    std::size_t bucket_of(int rows) const override;
    std::size_t bucket() const override;

    std::span<float> begin(int rows) override;
    void advance() override;
    void exchange(std::span<const RowSwap> swaps) override;
    /// Where the site's value lies in the same way at both points, in all batch sizes, nothing moves: of those rows
    /// that stay out only what would be written over is kept. Else all rows run, and the others get their values back
    /// through plain float32.
    void advance_first(int rows, std::size_t bucket) override;
    std::span<const float> run_head(int head) override;
    bool keep(std::span<const int> kept, std::size_t bucket) override;

    /// What these need is made at the first call at a point in a bucket; later ones allocate nothing. They
    /// throw Error{kUsage} when a value there does not keep the rows of a batch apart.
    void export_rows(std::span<const int> places, std::span<const ValueRows> values) override;
    void import_rows(std::size_t point, int rows, std::span<const ValueRows> values) override;

    /// As they lie, where they lie alike in all batch sizes; else as StageRunner does it.
    std::size_t held_bytes(std::size_t point) const override;
    void export_held(std::size_t point, std::span<const int> places, std::span<std::byte> bytes) override;
    void import_held(std::size_t point, int rows, std::span<const std::byte> bytes) override;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// Bytes that a runner of it keeps beside the arena, for rows that move to another batch size.
std::size_t staging_bytes(const CompiledModel& model);

/// Stages that gates let rows skip, and those of them where the values of such rows do not lie in place.
struct SkippableStages {
    std::size_t all = 0, copied = 0;
};
SkippableStages count_skippable(const CompiledModel& model);

/// A runner for each member of a model; a member that is null is never run. Members run one after another: one
/// team serves all.
StageRunners local_stage_runners(const std::vector<std::shared_ptr<const CompiledModel>>& members);

}  // namespace dyce
