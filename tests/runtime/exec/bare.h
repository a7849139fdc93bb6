// Allocations of a run, and of the same oneDNN primitives executed with nothing around them.
#pragma once

#include "runtime/core/aligned.h"
#include "runtime/exec/compiled_model.h"
#include "tests/support/allocations.h"

#include <cstring>
#include <memory>
#include <vector>

namespace dyce::test {

inline std::int64_t allocations_of_a_run(const std::shared_ptr<const CompiledModel>& model, int rows) {
    Executor executor(model);
    executor.input(rows);
    executor.run(rows);  // oneDNN's own first-time work
    const std::int64_t before = allocation_count();
    executor.input(rows);
    executor.run(rows);
    return allocation_count() - before;
}

inline std::int64_t allocations_of_bare_primitives(const std::shared_ptr<const CompiledModel>& model,
                                                   int rows) {
    const auto& data = model->data();
    const BatchPlan& batch_plan = data.batch_plans[data.bucket(rows)];
    const auto arena = allocate_aligned(batch_plan.arena_bytes);
    std::memset(arena.get(), 0, batch_plan.arena_bytes);
    const dnnl::stream stream(data.engine);
    std::vector<std::vector<dnnl::memory>> memories(batch_plan.steps.size());
    std::vector<std::vector<dnnl_exec_arg_t>> arguments(batch_plan.steps.size());
    for (std::size_t s = 0; s < batch_plan.steps.size(); ++s) {
        const Step& step = batch_plan.steps[s];
        for (std::size_t i = 0; i < step.keys.size(); ++i) {
            const auto& own = batch_plan.buffers[static_cast<std::size_t>(step.buffers[i])];
            const auto& root = batch_plan.buffers[static_cast<std::size_t>(own.root)];
            void* bytes =
                root.outside != nullptr ? const_cast<void*>(root.outside) : arena.get() + root.offset;
            memories[s].emplace_back(own.desc, data.engine, bytes);
            arguments[s].push_back({step.keys[i], memories[s].back().get()});
        }
    }
    const auto execute = [&] {
        for (std::size_t s = 0; s < batch_plan.steps.size(); ++s)
            if (!batch_plan.steps[s].loop)
                dnnl_primitive_execute(batch_plan.steps[s].primitive.get(), stream.get(),
                                       static_cast<int>(arguments[s].size()), arguments[s].data());
    };
    execute();
    const std::int64_t before = allocation_count();
    execute();
    return allocation_count() - before;
}

}  // namespace dyce::test
