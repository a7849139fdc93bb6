#include "runtime/control/feedback.h"

#include "runtime/control/allowed_configurations.h"

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

constexpr double kAim = 0.9;
constexpr double kIdle = 0.7;
constexpr double kDisturbed = 1.1;  // more than noise
constexpr double kServes = 0.95;    // may be expected of what stayed below 100 % until it was disturbed
constexpr double kSameLoad = 0.8;

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

// Whether the configuration that served long before the last setback is worth another try: after a while, or
// at once when the one in force uses so much less than right after it that the other would fit, too.
bool may_return(const Bound& bound, const Telemetry& telemetry, const AllowedConfigurations& allowed,
                double use) {
    const Setback& setback = telemetry.setback();
    const int now = telemetry.configuration();
    if (setback.index() <= now) return false;
    if (kSameLoad * telemetry.last().arrival_rate() > setback.served_rate()) return false;
    if (setback.is_over()) return true;
    if (setback.after_index() < 0) return false;
    const double then = bound(setback.after()) / allowed.cost(setback.after_index());
    return bound(setback.failed()) * (use / allowed.cost(now)) <= kAim * then;
}

// The most expensive that may be tried. Of what is known to have failed only the middle of the way there is.
int highest(const Bound& bound, const Telemetry& telemetry, int size) {
    const int failure = cheapest_failure(bound, telemetry, size);
    return failure == size ? size - 1 : (telemetry.configuration() + failure) / 2;
}

}  // namespace

int decide(const Bound& bound, double accuracy_floor, const Telemetry& telemetry,
           Configurations configurations) {
    const AllowedConfigurations allowed(configurations, accuracy_floor);
    const int now = telemetry.configuration();
    if (!allowed.allows(now)) return allowed.cheapest();
    const double use = bound(telemetry.last());
    if (!telemetry.is_settled() || std::isnan(use)) return now;

    const double affordable = kAim * allowed.cost(now) / use;
    if (use > 1) return allowed.most_expensive(0, now - 1, affordable, allowed.cheapest());
    const bool returns = may_return(bound, telemetry, allowed, use);
    const int served = telemetry.setback().index();
    const double fits = bound(telemetry.setback().failed()) > kDisturbed ? kServes : kAim;
    if (returns && use * allowed.cost(served) <= fits * allowed.cost(now)) return served;
    if (use >= kIdle) return now;
    const int known = highest(bound, telemetry, allowed.size());
    return allowed.most_expensive(now + 1, returns ? std::max(known, served) : known, affordable, now);
}

}  // namespace dyce
