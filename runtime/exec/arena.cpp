#include "runtime/exec/arena.h"

#include "graph/memory_plan.h"
#include "runtime/core/index.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {
namespace {

// How long each root is needed, and how many bytes at most by these, which are the same steps.
std::vector<BufferRequest> requests_of(std::span<const BatchPlan* const> batch_plans) {
    const BatchPlan& one = *batch_plans.front();
    const auto end = static_cast<int>(one.steps.size());
    std::vector<BufferRequest> requests(one.buffers.size(), BufferRequest{0, end, -1});
    const auto request_of = [&](int buffer) -> BufferRequest& {
        return requests[index(one.buffers[index(buffer)].root)];
    };
    for (const BatchPlan* batch_plan : batch_plans)
        for (const PlanBuffer& buffer : batch_plan->buffers) {
            std::size_t& size = request_of(buffer.root).size;
            size = std::max(size, byte_size(buffer.desc));
        }
    const auto use = [&](int buffer, int step) {
        BufferRequest& request = request_of(buffer);
        request.first_use = std::min(request.first_use, step);
        request.last_use = std::max(request.last_use, step);
    };
    for (const CallerUse& caller : one.uses) use(caller.buffer, caller.step);
    for (int s = 0; s < end; ++s)
        for (const int buffer : one.steps[index(s)].buffers) use(buffer, s);
    for (std::size_t i = 0; i < requests.size(); ++i)  // data kept elsewhere and unused buffers need no room
        if (one.buffers[i].outside != nullptr || requests[i].last_use < 0) requests[i] = {0, 0, 0};
    return requests;
}

void take_places(BatchPlan& batch_plan, const MemoryPlan& plan) {
    for (PlanBuffer& buffer : batch_plan.buffers) buffer.offset = plan.offsets[index(buffer.root)];
    batch_plan.arena_bytes = plan.total;
}

bool are_same_steps(const BatchPlan& a, const BatchPlan& b) {
    const auto is_alike = [](const PlanBuffer& one, const PlanBuffer& other) {
        return one.root == other.root && (one.outside == nullptr) == (other.outside == nullptr);
    };
    return a.inputs == b.inputs && a.outputs == b.outputs &&
           std::ranges::equal(a.steps, b.steps, {}, &Step::buffers, &Step::buffers) &&
           std::ranges::equal(a.buffers, b.buffers, is_alike);
}

}  // namespace

void plan_arena(BatchPlan& batch_plan, std::size_t limit) {
    const BatchPlan* const only = &batch_plan;
    const MemoryPlan plan = plan_memory(requests_of({&only, 1}));
    if (plan.total > limit)
        throw Error(ErrorCode::kResource, "activation plan",
                    std::to_string(plan.total) + " bytes, the limit is " + std::to_string(limit));
    take_places(batch_plan, plan);
}

void share_places(std::span<BatchPlan> batch_plans, std::size_t limit) {
    std::vector<const BatchPlan*> alike;
    for (const BatchPlan& one : batch_plans)
        if (are_same_steps(one, batch_plans.back())) alike.push_back(&one);
    const MemoryPlan plan = plan_memory(requests_of(alike));
    if (plan.total > limit) return;
    for (BatchPlan& one : batch_plans)
        if (std::ranges::count(alike, &one) > 0) take_places(one, plan);
}

}  // namespace dyce
