// How many threads there are to compute with, and loops of ours that share them.
#pragma once

#include <cstdint>

namespace dyce {

/// Threads this process may really use: the CPU affinity mask cut by the cgroup's CPU quota; >= 1.
int available_threads();

/// The non-template half of parallel_ranges().
void run_parallel(std::int64_t count, void (*run)(const void* work, std::int64_t first, std::int64_t last),
                  const void* work);

/// Cuts [0, count) into one range a thread of the team that the caller stands on (ComputeScope) and calls
/// work(first, last) on each, all at once; into one range outside a team. Returns when all are done;
/// allocates nothing. `work` must not throw.
template <class Work>
void parallel_ranges(std::int64_t count, const Work& work) {
    const auto run = [](const void* w, std::int64_t first, std::int64_t last) {
        (*static_cast<const Work*>(w))(first, last);
    };
    run_parallel(count, run, &work);
}

}  // namespace dyce
