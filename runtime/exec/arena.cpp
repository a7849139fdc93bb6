#include "runtime/exec/arena.h"

#include "graph/memory_plan.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {

void plan_arena(Segment& segment, std::span<const CallerUse> uses, std::size_t limit) {
    const auto end = static_cast<int>(segment.steps.size());
    std::vector<BufferRequest> requests(segment.buffers.size(), BufferRequest{0, end, -1});
    const auto request_of = [&](int buffer) -> BufferRequest& {
        return requests[static_cast<std::size_t>(segment.buffers[static_cast<std::size_t>(buffer)].root)];
    };
    for (const SegmentBuffer& buffer : segment.buffers) {
        std::size_t& size = request_of(buffer.root).size;
        size = std::max(size, byte_size(buffer.desc));
    }
    const auto use = [&](int buffer, int step) {
        BufferRequest& request = request_of(buffer);
        request.first_use = std::min(request.first_use, step);
        request.last_use = std::max(request.last_use, step);
    };
    for (const CallerUse& one : uses) use(one.buffer, one.step);
    for (int s = 0; s < end; ++s)
        for (int buffer : segment.steps[static_cast<std::size_t>(s)].buffers) use(buffer, s);
    for (std::size_t i = 0; i < requests.size(); ++i)  // data kept elsewhere and unused buffers need no room
        if (segment.buffers[i].outside != nullptr || requests[i].last_use < 0) requests[i] = {0, 0, 0};
    const MemoryPlan plan = plan_memory(requests);
    if (plan.total > limit)
        throw Error(ErrorCode::kResource, "activation plan",
                    std::to_string(plan.total) + " bytes, the limit is " + std::to_string(limit));
    for (SegmentBuffer& buffer : segment.buffers)
        buffer.offset = plan.offsets[static_cast<std::size_t>(buffer.root)];
    segment.arena_bytes = plan.total;
}

void share_places(Segment& segment, const Segment& bigger) {
    const auto fits = [](const SegmentBuffer& own, const SegmentBuffer& other) {
        return own.root == other.root && (own.outside == nullptr) == (other.outside == nullptr) &&
               byte_size(own.desc) <= byte_size(other.desc);
    };
    if (segment.inputs != bigger.inputs || segment.outputs != bigger.outputs ||
        !std::ranges::equal(segment.steps, bigger.steps, {}, &Step::buffers, &Step::buffers) ||
        !std::ranges::equal(segment.buffers, bigger.buffers, fits))
        return;
    for (std::size_t i = 0; i < segment.buffers.size(); ++i)
        segment.buffers[i].offset = bigger.buffers[i].offset;
    segment.arena_bytes = bigger.arena_bytes;
}

}  // namespace dyce
