#include "runtime/control/feedback.h"

#include "runtime/control/ladder.h"

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

constexpr double kAim = 0.9;
constexpr double kIdle = 0.7;
constexpr double kSameLoad = 0.8;
constexpr int kStepsUp = 16;  // through the whole set

// The cheapest above the one in force that used too much under a load not above today's; size() = none.
int cheapest_failure(const Bound& bound, const Telemetry& telemetry, int size) {
    const double rate = telemetry.last().arrival_rate();
    for (int index = telemetry.configuration() + 1; index < size; ++index) {
        const Window* then = telemetry.seen(index);
        if (then != nullptr && bound(*then) > 1 && !then->is_draining() &&
            rate >= kSameLoad * then->arrival_rate())
            return index;
    }
    return size;
}

}  // namespace

int decide(const Bound& bound, double accuracy_floor, const Telemetry& telemetry,
           Configurations configurations) {
    const Ladder ladder(configurations, accuracy_floor);
    const int now = telemetry.configuration();
    if (!ladder.allows(now)) return ladder.cheapest();
    const double use = bound(telemetry.last());
    if (!telemetry.is_settled() || std::isnan(use)) return now;

    const double affordable = kAim * ladder.cost(now) / use;
    if (use > 1) return ladder.dearest(0, now - 1, affordable, ladder.cheapest());
    if (use >= kIdle) return now;
    const int failure = cheapest_failure(bound, telemetry, ladder.size());
    const int step = std::max(1, ladder.size() / kStepsUp);
    const int highest = failure == ladder.size() ? std::min(now + step, failure - 1)
                                                 : std::min(now + step, (now + failure) / 2);
    return ladder.dearest(now + 1, highest, affordable, now);
}

}  // namespace dyce
