#include "runtime/control/deadlines.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <utility>

namespace dyce {
namespace {

constexpr double kMeanWeight = 1.0 / 8;
constexpr double kDeviationWeight = 1.0 / 4;
constexpr double kMargin = 4;  // deviations

}  // namespace

void ServiceTimes::observed(int index, double us_per_image) {
    Time& time = times_[static_cast<std::size_t>(index)];
    if (!time.is_known) {
        time = {us_per_image, us_per_image / 2, true};
        return;
    }
    if (ends_trial(index, us_per_image)) return;
    us_per_image = std::min(us_per_image, std::max(time.mean + kMargin * time.deviation, 2 * time.mean));
    time.deviation += kDeviationWeight * (std::abs(us_per_image - time.mean) - time.deviation);
    time.mean += kMeanWeight * (us_per_image - time.mean);
}

double ServiceTimes::predicted_us(int index, Configurations configurations) const {
    const int size = static_cast<int>(times_.size());
    int nearest = -1;
    for (int i = 0; i < size; ++i)
        if (times_[static_cast<std::size_t>(i)].is_known &&
            (nearest < 0 || std::abs(i - index) < std::abs(nearest - index)))
            nearest = i;
    if (nearest < 0) return std::numeric_limits<double>::quiet_NaN();
    const auto cost = [&](int i) { return configurations[static_cast<std::size_t>(i)].relative_cost; };
    const Time& time = times_[static_cast<std::size_t>(nearest)];
    const double scale = nearest == index ? 1 : cost(index) / cost(nearest);
    return scale * (time.mean + kMargin * time.deviation);
}

// A quick image may have been an easy one: what it is worth is no less than was expected.
bool ServiceTimes::ends_trial(int index, double us_per_image) {
    if (index != trial_.index) return false;
    const Trial trial = std::exchange(trial_, {});
    const bool was_quick = us_per_image <= trial.left_us;
    probes_.tried(was_quick);
    if (!was_quick) return false;
    const double us = std::max(us_per_image, trial.expected_us);
    times_[static_cast<std::size_t>(index)] = {us, us / 2, true};
    return true;
}

int ServiceTimes::try_dearer(const Chosen& chosen, Configurations configurations) {
    const Time& time = times_[static_cast<std::size_t>(chosen.index)];
    if (!time.is_known) return chosen.index;
    const AllowedConfigurations allowed(configurations, chosen.accuracy_floor);
    const double affordable =
        allowed.cost(chosen.index) * chosen.left_us / (time.mean + kMargin * time.deviation);
    const int dearer = allowed.most_expensive(chosen.index + 1, allowed.size() - 1, affordable, chosen.index);
    if (dearer == chosen.index || !probes_.is_due()) return chosen.index;
    trial_ = {dearer, chosen.left_us, time.mean * allowed.cost(dearer) / allowed.cost(chosen.index)};
    return dearer;
}

int decide(const MeetDeadlines& policy, double left_us, int images, const ServiceTimes& times,
           Configurations configurations) {
    const AllowedConfigurations allowed(configurations, policy.accuracy_floor);
    for (int index = allowed.size() - 1; index >= 0; --index)
        if (allowed.allows(index) && images * times.predicted_us(index, configurations) <= left_us)
            return index;
    return allowed.cheapest();
}

}  // namespace dyce
