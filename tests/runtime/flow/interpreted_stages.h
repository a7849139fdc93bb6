// A StageRunner over the interpreter: every row by itself, node by node, in plain loops. What a loop answers that
// was compiled with reference kernels, this one answers to the bit.
#pragma once

#include "graph/exits/interleave.h"
#include "runtime/flow/stage_runner.h"

namespace dyce::test {

class InterpretedStages final : public StageRunner {
public:
    InterpretedStages(const Graph& graph, const ExitTable& exits, int rows_at_once);

    std::span<const StagePoint> points() const override { return points_; }
    int rows_at_once() const override { return rows_at_once_; }
    std::size_t buckets() const override { return static_cast<std::size_t>(rows_at_once_); }
    std::size_t bucket_of(int rows) const override { return static_cast<std::size_t>(rows) - 1; }
    std::size_t bucket() const override { return bucket_; }

    std::span<float> begin(int rows) override;
    void advance() override;
    void exchange(std::span<const RowSwap> swaps) override;
    void advance_first(int rows, std::size_t bucket) override;
    std::span<const float> run_head(int head) override;
    bool keep(std::span<const int> kept, std::size_t bucket) override;
    void export_rows(std::span<const int> places, std::span<const ValueRows> values) override;
    void import_rows(std::size_t point, int rows, std::span<const ValueRows> values) override;

private:
    using Values = std::vector<Tensor>;  // by id, of one row

    void run(const StageNodes& part, Values& row) const { run(part.first_node, part.end_node, row); }
    void run(int first_node, int end_node, Values& row) const;
    std::vector<ValueId> carried_over(const StageNodes& stage) const;

    InterleavedGraph network_;
    std::vector<StageNodes> stages_, heads_;
    std::vector<std::vector<ValueId>> carried_;  // by stage
    std::vector<StagePoint> points_;
    int rows_at_once_;
    Values constants_;
    std::vector<Values> rows_;
    std::vector<float> images_, logits_;
    std::size_t bucket_ = 0, next_ = 0;  // stage
};

}  // namespace dyce::test
