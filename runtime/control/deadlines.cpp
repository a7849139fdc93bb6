#include "runtime/control/deadlines.h"

#include <cmath>
#include <cstdlib>
#include <limits>

namespace dyce {
namespace {

constexpr double kMeanWeight = 1.0 / 8;
constexpr double kDeviationWeight = 1.0 / 4;
constexpr double kMargin = 4;  // deviations

}  // namespace

void ServiceTimes::observed(int index, double us_per_picture) {
    Time& time = times_[static_cast<std::size_t>(index)];
    if (!time.is_known) {
        time = {us_per_picture, us_per_picture / 2, true};
        return;
    }
    time.deviation += kDeviationWeight * (std::abs(us_per_picture - time.mean) - time.deviation);
    time.mean += kMeanWeight * (us_per_picture - time.mean);
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

int decide(const MeetDeadlines& policy, double left_us, int pictures, const ServiceTimes& times,
           Configurations configurations) {
    const Ladder ladder(configurations, policy.accuracy_floor);
    for (int index = ladder.size() - 1; index >= 0; --index)
        if (ladder.allows(index) && pictures * times.predicted_us(index, configurations) <= left_us)
            return index;
    return ladder.cheapest();
}

}  // namespace dyce
