#include "runtime/core/threads.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include <sched.h>

// Declared here, not through <omp.h>: no pragma of ours needs a compiler flag, and both compilers
// then link the same libgomp as oneDNN does (two OpenMP runtimes in one process fight over cores).
extern "C" void omp_set_num_threads(int count);

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

}  // namespace dyce
