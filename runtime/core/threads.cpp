#include "runtime/core/threads.h"

#include "runtime/core/compute_team.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>

#include <sched.h>

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

void run_parallel(std::int64_t count, void (*run)(const void*, std::int64_t, std::int64_t),
                  const void* work) {
    ComputePlace* const place = compute_place();
    if (place == nullptr || place->is_inside) {
        if (count > 0) run(work, 0, count);
        return;
    }
    struct Ranges {
        std::int64_t count;
        void (*run)(const void*, std::int64_t, std::int64_t);
        const void* work;
    } ranges{count, run, work};
    const auto one_part = [](void* data) {
        const Ranges& r = *static_cast<const Ranges*>(data);
        const std::int64_t parts = compute_place()->parts, part = compute_place()->part;
        const std::int64_t first = r.count * part / parts, last = r.count * (part + 1) / parts;
        if (first < last) r.run(r.work, first, last);
    };
    run_region(*place, one_part, &ranges, 0, false);
}

}  // namespace dyce
