#include "runtime/core/threads.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include <sched.h>

// Declared here, not through <omp.h>: no pragma of ours needs a compiler flag, and both compilers
// then link the same libgomp as oneDNN does (two OpenMP runtimes in one process fight over cores).
extern "C" {
void omp_set_num_threads(int count);
int omp_get_num_threads();
int omp_get_thread_num();
void GOMP_parallel(void (*region)(void*), void* data, unsigned threads, unsigned flags);
}

namespace dyce {
namespace {

int affinity_threads() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    return std::max(1, CPU_COUNT(&set));
}

// cgroup v2: "max 100000" or "150000 100000" (quota and period in microseconds).
int quota_threads(int fallback) {
    std::ifstream file("/sys/fs/cgroup/cpu.max");
    std::string quota;
    double period = 0;
    if (!(file >> quota >> period) || quota == "max" || period <= 0) return fallback;
    return std::max(1, static_cast<int>(std::lround(std::atof(quota.c_str()) / period)));
}

}  // namespace

int available_threads() {
    const int threads = affinity_threads();
    return std::min(threads, quota_threads(threads));
}

void set_compute_threads(int count) { omp_set_num_threads(count); }

void run_parallel(std::int64_t count, void (*run)(const void*, std::int64_t, std::int64_t),
                  const void* work) {
    struct Region {
        std::int64_t count;
        void (*run)(const void*, std::int64_t, std::int64_t);
        const void* work;
    } region{count, run, work};
    const auto one_thread = [](void* data) {
        const Region& r = *static_cast<const Region*>(data);
        const std::int64_t threads = omp_get_num_threads(), index = omp_get_thread_num();
        const std::int64_t first = r.count * index / threads, last = r.count * (index + 1) / threads;
        if (first < last) r.run(r.work, first, last);
    };
    GOMP_parallel(one_thread, &region, 0, 0);  // 0: as many threads as were set
}

}  // namespace dyce
