#include "runtime/exec/kernel_run.h"

#include "runtime/core/aligned.h"
#include "runtime/core/onednn/compute_scope.h"
#include "runtime/exec/compiled_model.h"
#include "runtime/exec/context.h"

#include <algorithm>

namespace dyce {

struct KernelRun::Impl {
    std::shared_ptr<const CompiledModel> model;
    Segment segment;
    std::shared_ptr<std::byte> arena;
    BoundSegment bound;
    dnnl::stream stream;
    ComputeTeam team;
    std::string implementation;

    Impl(const Graph& graph, int threads)
        : model(CompiledModel::compile(graph, {.threads = threads})),
          segment(kernels_of(model->data().segments[0])),
          arena(allocate_aligned(segment.arena_bytes)),
          bound(segment, model->data().engine, arena.get()),
          stream(model->data().engine),
          team(model->data().options.threads) {
        // Zeros and denormals may be faster or slower to compute with than numbers are.
        std::fill_n(reinterpret_cast<float*>(arena.get()), segment.arena_bytes / sizeof(float), 0.5F);
        for (const Step& step : segment.steps) {
            const std::string text = step.description.substr(step.description.find(": ") + 2);
            implementation += (implementation.empty() ? "" : "; ") + text;
        }
    }

    static Segment kernels_of(Segment segment) {
        std::erase_if(segment.steps, [](const Step& step) { return step.is_reorder; });
        return segment;
    }
};

KernelRun::KernelRun(const Graph& graph, int threads) : impl_(std::make_unique<Impl>(graph, threads)) {}
KernelRun::~KernelRun() = default;

void KernelRun::run() {
    const ComputeScope scope(impl_->team);
    impl_->bound.run(impl_->stream, 0, impl_->segment.steps.size());
    impl_->stream.wait();
}

const std::string& KernelRun::implementation() const { return impl_->implementation; }

}  // namespace dyce
