// A compiled model bound to memory: the arena, oneDNN memory objects and argument arrays, made once so that
// running allocates nothing. One thread at a time.
#pragma once

#include "runtime/core/onednn/compute_scope.h"
#include "runtime/exec/compiled_model.h"

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace dyce {

class BoundPlan {
public:
    /// `arena` must hold batch_plan.arena_bytes and outlive this object, as must the batch plan.
    BoundPlan(const BatchPlan& batch_plan, const dnnl::engine& engine, std::byte* arena);

    /// Runs some of the batch plan's steps, on the team that the calling thread stands on.
    void run(const dnnl::stream& stream, std::size_t begin, std::size_t end) const;
    /// Where the caller writes input `i` / reads output `i`, row-major.
    void* input(int i) const { return pointer(batch_plan_->inputs[static_cast<std::size_t>(i)]); }
    const void* output(int i) const { return pointer(batch_plan_->outputs[static_cast<std::size_t>(i)]); }
    std::byte* bytes(int buffer) const { return static_cast<std::byte*>(pointer(buffer)); }
    const BatchPlan& batch_plan() const { return *batch_plan_; }

private:
    struct BoundStep {
        const_dnnl_primitive_t primitive;  ///< null: run the loop
        bool parts_wait;
        std::vector<dnnl_exec_arg_t> arguments;
        Loop loop;
        std::vector<void*> pointers;
    };

    void* pointer(int buffer) const;

    const BatchPlan* batch_plan_;
    std::byte* arena_;
    std::vector<dnnl::memory> memories_;  // of the buffers that primitives use
    std::vector<BoundStep> steps_;
};

/// Everything mutable that running a model takes.
class ExecutionContext {
public:
    /// On `team`, which has the model's number of threads and may serve other contexts of the same caller;
    /// null = a team of its own.
    explicit ExecutionContext(std::shared_ptr<const CompiledModel> model,
                              std::shared_ptr<ComputeTeam> team = nullptr);

    const CompiledModel::Data& model() const { return model_->data(); }
    std::size_t bucket(int rows) const { return model().bucket(rows); }
    const BoundPlan& bound(std::size_t bucket) const { return batch_plans_[bucket]; }
    /// Where the caller writes `rows` inputs, row-major, of a model with one float32 input; the rows that
    /// the bucket has beyond them are set to zero.
    std::span<float> input(std::size_t bucket, int rows) const;
    /// The first `rows` rows of output `i`.
    std::span<const float> output(std::size_t bucket, int i, int rows) const;
    /// Runs steps of a bucket to their end. Throws Error{kResource} when the team's threads cannot be
    /// started.
    void run(std::size_t bucket, std::size_t begin, std::size_t end);
    void run(std::size_t bucket) { run(bucket, 0, bound(bucket).batch_plan().steps.size()); }
    /// work(stream), on the team, to its end. Throws as run() does.
    template <class Work>
    void compute(const Work& work) {
        const ComputeScope scope(*team_);
        work(stream_);
        stream_.wait();
    }

private:
    std::shared_ptr<const CompiledModel> model_;
    std::shared_ptr<ComputeTeam> team_;
    dnnl::stream stream_;
    std::shared_ptr<std::byte> arena_;  // shared by all batch sizes: one runs at a time
    std::vector<BoundPlan> batch_plans_;
};

}  // namespace dyce
