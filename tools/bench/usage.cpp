#include "tools/bench/usage.h"

#include <sys/resource.h>

namespace dyce {
namespace {

constexpr double kBusySwitchesPerSecond = 10, kBusyRatio = 1.1;

double milliseconds_of(const timeval& time) {
    return 1e3 * static_cast<double>(time.tv_sec) + 1e-3 * static_cast<double>(time.tv_usec);
}

// Since the process began; without the wall clock.
Usage usage_until_now() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return {.processor_ms = milliseconds_of(usage.ru_utime) + milliseconds_of(usage.ru_stime),
            .involuntary_switches = usage.ru_nivcsw};
}

}  // namespace

bool Usage::was_busy(int threads) const {
    return 1000.0 * static_cast<double>(involuntary_switches) > kBusySwitchesPerSecond * wall_ms &&
           wall_ms * threads > kBusyRatio * processor_ms;
}

nlohmann::ordered_json Usage::json(int threads) const {
    return {{"wall_ms", wall_ms},
            {"processor_ms", processor_ms},
            {"involuntary_switches", involuntary_switches},
            {"busy", was_busy(threads)}};
}

UsageMeter::UsageMeter() : start_(std::chrono::steady_clock::now()), before_(usage_until_now()) {}

Usage UsageMeter::read() const {
    Usage usage = usage_until_now();
    usage.processor_ms -= before_.processor_ms;
    usage.involuntary_switches -= before_.involuntary_switches;
    usage.wall_ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start_).count();
    return usage;
}

}  // namespace dyce
