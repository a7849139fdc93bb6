#include "runtime/exec/context.h"

#include <dyce/error.h>

namespace dyce {

BoundSegment::BoundSegment(const Segment& segment, const dnnl::engine& engine, std::byte* arena)
    : segment_(&segment), arena_(arena), memories_(segment.buffers.size()) {
    steps_.reserve(segment.steps.size());
    for (const Step& step : segment.steps) {
        BoundStep bound{nullptr, {}, step.loop, {}};
        if (step.loop) {
            for (int buffer : step.buffers) bound.pointers.push_back(pointer(buffer));
        } else {
            bound.primitive = step.primitive.get();
            for (std::size_t i = 0; i < step.buffers.size(); ++i) {
                const auto buffer = static_cast<std::size_t>(step.buffers[i]);
                if (!memories_[buffer])
                    memories_[buffer] =
                        dnnl::memory(segment.buffers[buffer].desc, engine, pointer(step.buffers[i]));
                bound.arguments.push_back({step.keys[i], memories_[buffer].get()});
            }
        }
        steps_.push_back(std::move(bound));
    }
}

void* BoundSegment::pointer(int buffer) const {
    const SegmentBuffer& own = segment_->buffers[static_cast<std::size_t>(buffer)];
    const SegmentBuffer& root = segment_->buffers[static_cast<std::size_t>(own.root)];
    // Constants are only ever read; oneDNN's interface has one pointer type for both.
    if (root.constant != nullptr) return const_cast<void*>(root.constant);
    return arena_ + root.offset;
}

void BoundSegment::run(const dnnl::stream& stream) const {
    for (const BoundStep& step : steps_) {
        if (step.primitive == nullptr) {
            step.loop(step.pointers);
            continue;
        }
        const auto status = dnnl_primitive_execute(
            step.primitive, stream.get(), static_cast<int>(step.arguments.size()), step.arguments.data());
        if (status != dnnl_success)
            throw Error(ErrorCode::kInternal, "executor",
                        "oneDNN failed with status " + std::to_string(status));
    }
}

}  // namespace dyce
