#include "runtime/exec/arena.h"

#include "graph/memory_plan.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {

void plan_arena(BatchPlan& batch_plan, std::span<const CallerUse> uses, std::size_t limit) {
    const auto end = static_cast<int>(batch_plan.steps.size());
    std::vector<BufferRequest> requests(batch_plan.buffers.size(), BufferRequest{0, end, -1});
    const auto request_of = [&](int buffer) -> BufferRequest& {
        return requests[static_cast<std::size_t>(batch_plan.buffers[static_cast<std::size_t>(buffer)].root)];
    };
    for (const PlanBuffer& buffer : batch_plan.buffers) {
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
        for (int buffer : batch_plan.steps[static_cast<std::size_t>(s)].buffers) use(buffer, s);
    for (std::size_t i = 0; i < requests.size(); ++i)  // data kept elsewhere and unused buffers need no room
        if (batch_plan.buffers[i].outside != nullptr || requests[i].last_use < 0) requests[i] = {0, 0, 0};
    const MemoryPlan plan = plan_memory(requests);
    if (plan.total > limit)
        throw Error(ErrorCode::kResource, "activation plan",
                    std::to_string(plan.total) + " bytes, the limit is " + std::to_string(limit));
    for (PlanBuffer& buffer : batch_plan.buffers)
        buffer.offset = plan.offsets[static_cast<std::size_t>(buffer.root)];
    batch_plan.arena_bytes = plan.total;
}

void share_places(BatchPlan& batch_plan, const BatchPlan& bigger) {
    const auto fits = [](const PlanBuffer& own, const PlanBuffer& other) {
        return own.root == other.root && (own.outside == nullptr) == (other.outside == nullptr) &&
               byte_size(own.desc) <= byte_size(other.desc);
    };
    if (batch_plan.inputs != bigger.inputs || batch_plan.outputs != bigger.outputs ||
        !std::ranges::equal(batch_plan.steps, bigger.steps, {}, &Step::buffers, &Step::buffers) ||
        !std::ranges::equal(batch_plan.buffers, bigger.buffers, fits))
        return;
    for (std::size_t i = 0; i < batch_plan.buffers.size(); ++i)
        batch_plan.buffers[i].offset = bigger.buffers[i].offset;
    batch_plan.arena_bytes = bigger.arena_bytes;
}

}  // namespace dyce
