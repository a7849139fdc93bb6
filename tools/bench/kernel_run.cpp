#include "tools/bench/kernel_run.h"

#include "runtime/core/aligned.h"
#include "runtime/core/onednn/compute_scope.h"
#include "runtime/exec/compiled_model.h"
#include "runtime/exec/context.h"

#include <algorithm>

namespace dyce {

struct KernelRun::Impl {
    std::shared_ptr<const CompiledModel> model;
    BatchPlan batch_plan;
    std::shared_ptr<std::byte> arena;
    BoundPlan bound;
    dnnl::stream stream;
    ComputeTeam team;
    std::string implementation;

    Impl(const Graph& graph, int threads)
        : model(CompiledModel::compile(graph, {.threads = threads})),
          batch_plan(kernels_of(model->data().batch_plans[0])),
          arena(allocate_aligned(batch_plan.arena_bytes)),
          bound(batch_plan, model->data().engine, arena.get()),
          stream(model->data().engine),
          team(model->data().options.threads) {
        // Zeros and denormals may be faster or slower to compute with than numbers are.
        std::fill_n(reinterpret_cast<float*>(arena.get()), batch_plan.arena_bytes / sizeof(float), 0.5F);
        for (const Step& step : batch_plan.steps) {
            const std::string text = step.description.substr(step.description.find(": ") + 2);
            implementation += (implementation.empty() ? "" : "; ") + text;
        }
    }

    static BatchPlan kernels_of(BatchPlan batch_plan) {
        std::erase_if(batch_plan.steps, [](const Step& step) { return step.is_reorder; });
        return batch_plan;
    }
};

KernelRun::KernelRun(const Graph& graph, int threads) : impl_(std::make_unique<Impl>(graph, threads)) {}
KernelRun::~KernelRun() = default;

void KernelRun::run() {
    const ComputeScope scope(impl_->team);
    impl_->bound.run(impl_->stream, 0, impl_->batch_plan.steps.size());
    impl_->stream.wait();
}

const std::string& KernelRun::implementation() const { return impl_->implementation; }

}  // namespace dyce
