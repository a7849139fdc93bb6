// Greedy by size. Two buffers may share bytes exactly when no step needs both. Placing the big ones first
// matters: they shape the block, and the small ones fit into what they leave.
//
//   for each request, the largest first:
//       look at the buffers already placed that are alive at the same time, by rising offset;
//       between them are gaps; take the smallest gap that is wide enough,
//       and when there is none, go behind the last of them.
//
// Example, sizes in lines of 64 bytes:     offset 0         4       6
//   A: 4 lines, steps 0-1                  step 0 |AAAAAAAAA|       |
//   B: 2 lines, steps 1-2                  step 1 |AAAAAAAAA|BBBBBBB|
//   C: 3 lines, steps 2-3                  step 2 |CCCCCC|  |BBBBBBB|     C takes the bytes A has left
//
// The total is at least the largest sum of sizes alive at one step (no plan can do better) and, on the graphs
// of image classifiers, rarely more. Each request looks at every one placed before it: O(n^2) for n buffers.
#include "graph/memory_plan.h"

#include "runtime/core/aligned.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <string>

namespace dyce {
namespace {

bool alive_together(const BufferRequest& a, const BufferRequest& b) {
    return a.first_use <= b.last_use && b.first_use <= a.last_use;
}

// Every offset is at most the sum of all sizes, so one check here covers all later additions.
void check(std::span<const BufferRequest> requests) {
    std::size_t sum = 0;
    for (const BufferRequest& request : requests) {
        if (request.last_use < request.first_use)
            throw Error(ErrorCode::kInternal, "memory plan",
                        "a buffer's last use " + std::to_string(request.last_use) +
                            " comes before its first use " + std::to_string(request.first_use));
        if (request.size > SIZE_MAX - kAlignment || __builtin_add_overflow(sum, align_up(request.size), &sum))
            throw Error(ErrorCode::kResource, "memory plan", "the sum of all buffers overflows");
    }
}

}  // namespace

MemoryPlan plan_memory(std::span<const BufferRequest> requests) {
    check(requests);
    std::vector<std::size_t> order(requests.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return requests[a].size > requests[b].size; });

    MemoryPlan plan{std::vector<std::size_t>(requests.size(), 0), 0};
    std::vector<std::size_t> placed;  // by rising offset
    for (std::size_t next : order) {
        const std::size_t size = align_up(requests[next].size);
        if (size == 0) break;  // only empty ones are left
        std::size_t end = 0;   // of the buffers passed so far
        std::size_t best_gap = SIZE_MAX;
        std::size_t best_offset = 0;
        for (std::size_t other : placed) {
            if (!alive_together(requests[next], requests[other])) continue;
            if (plan.offsets[other] > end) {
                const std::size_t gap = plan.offsets[other] - end;
                if (gap >= size && gap < best_gap) {
                    best_gap = gap;
                    best_offset = end;
                }
            }
            end = std::max(end, plan.offsets[other] + align_up(requests[other].size));
        }
        plan.offsets[next] = best_gap == SIZE_MAX ? end : best_offset;
        plan.total = std::max(plan.total, plan.offsets[next] + size);
        placed.insert(
            std::upper_bound(placed.begin(), placed.end(), next,
                             [&](std::size_t a, std::size_t b) { return plan.offsets[a] < plan.offsets[b]; }),
            next);
    }
    return plan;
}

}  // namespace dyce
