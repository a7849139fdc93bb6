// The most accurate configuration that fits the time left. The choice is a pure function; ServiceTimes
// belongs to a scheduler, one thread at a time.
#pragma once

#include "runtime/control/ladder.h"

#include <dyce/policy.h>

#include <cstddef>
#include <vector>

namespace dyce {

/// How long a picture takes under each configuration: mean and mean deviation, exponentially weighted (as TCP
/// estimates round trips, RFC 6298). Nothing allocates after construction.
class ServiceTimes {
public:
    explicit ServiceTimes(std::size_t configurations) : times_(configurations) {}

    /// A batch took so long for each of its pictures.
    void observed(int index, double us_per_picture);
    /// Rarely exceeded: mean + 4 deviations. A configuration that never ran is judged by the nearest one that
    /// did, in proportion to relative_cost. NaN when none did.
    double predicted_us(int index, Configurations configurations) const;

private:
    struct Time {
        double mean = 0, deviation = 0;
        bool is_known = false;
    };
    std::vector<Time> times_;
};

/// The dearest configuration predicted to answer `pictures` within `left_us` microseconds; when none is, or
/// nothing has run yet, the cheapest. accuracy_floor as in the feedback law.
int decide(const MeetDeadlines& policy, double left_us, int pictures, const ServiceTimes& times,
           Configurations configurations);

}  // namespace dyce
