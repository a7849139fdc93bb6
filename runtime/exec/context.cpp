#include "runtime/exec/context.h"

#include "runtime/core/aligned.h"

#include <dyce/error.h>

#include <cstring>

namespace dyce {

BoundPlan::BoundPlan(const BatchPlan& batch_plan, const dnnl::engine& engine, std::byte* arena)
    : batch_plan_(&batch_plan), arena_(arena), memories_(batch_plan.buffers.size()) {
    steps_.reserve(batch_plan.steps.size());
    for (const Step& step : batch_plan.steps) {
        BoundStep bound{nullptr, step.parts_wait, {}, step.loop, {}};
        if (step.loop) {
            for (int buffer : step.buffers) bound.pointers.push_back(pointer(buffer));
        } else {
            bound.primitive = step.primitive.get();
            for (std::size_t i = 0; i < step.buffers.size(); ++i) {
                const auto buffer = static_cast<std::size_t>(step.buffers[i]);
                if (!memories_[buffer])
                    memories_[buffer] =
                        dnnl::memory(batch_plan.buffers[buffer].desc, engine, pointer(step.buffers[i]));
                bound.arguments.push_back({step.keys[i], memories_[buffer].get()});
            }
        }
        steps_.push_back(std::move(bound));
    }
}

void* BoundPlan::pointer(int buffer) const {
    const PlanBuffer& own = batch_plan_->buffers[static_cast<std::size_t>(buffer)];
    const PlanBuffer& root = batch_plan_->buffers[static_cast<std::size_t>(own.root)];
    // oneDNN's interface has one pointer type for what is read and what is written.
    if (root.outside != nullptr) return const_cast<void*>(root.outside);
    return arena_ + root.offset;
}

void BoundPlan::run(const dnnl::stream& stream, std::size_t begin, std::size_t end) const {
    for (const BoundStep& step : std::span(steps_).subspan(begin, end - begin)) {
        if (step.primitive == nullptr) {
            step.loop(step.pointers);
            continue;
        }
        set_parts_wait(step.parts_wait);
        const auto status = dnnl_primitive_execute(
            step.primitive, stream.get(), static_cast<int>(step.arguments.size()), step.arguments.data());
        if (status != dnnl_success)
            throw Error(ErrorCode::kInternal, "executor",
                        "oneDNN failed with status " + std::to_string(status));
    }
    set_parts_wait(true);
}

ExecutionContext::ExecutionContext(std::shared_ptr<const CompiledModel> compiled,
                                   std::shared_ptr<ComputeTeam> team)
    : model_(std::move(compiled)),
      team_(team != nullptr ? std::move(team) : std::make_shared<ComputeTeam>(model().options.threads)),
      stream_(model().engine),
      arena_(allocate_aligned(model_->arena_bytes())) {
    std::memset(arena_.get(), 0, model_->arena_bytes());
    for (const BatchPlan& batch_plan : model().batch_plans)
        batch_plans_.emplace_back(batch_plan, model().engine, arena_.get());
}

std::span<float> ExecutionContext::input(std::size_t bucket, int rows) const {
    const TensorType& type = bound(bucket).batch_plan().input_types[0];
    auto* values = static_cast<float*>(bound(bucket).input(0));
    const auto row = type.shape.elements() / type.shape[0];
    std::memset(values + row * rows, 0,
                static_cast<std::size_t>((type.shape[0] - rows) * row) * sizeof(float));
    return {values, static_cast<std::size_t>(row * rows)};
}

std::span<const float> ExecutionContext::output(std::size_t bucket, int i, int rows) const {
    const BoundPlan& batch_plan = bound(bucket);
    const TensorType& type = batch_plan.batch_plan().output_types[static_cast<std::size_t>(i)];
    const auto row = type.shape.elements() / type.shape[0];
    return {static_cast<const float*>(batch_plan.output(i)), static_cast<std::size_t>(row * rows)};
}

void ExecutionContext::run(std::size_t bucket, std::size_t begin, std::size_t end) {
    compute([&](const dnnl::stream& stream) { bound(bucket).run(stream, begin, end); });
}

}  // namespace dyce
