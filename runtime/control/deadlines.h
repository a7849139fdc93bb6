// The most accurate configuration that fits the time left. The choice is a pure function; ServiceTimes
// belongs to a scheduler, one thread at a time.
#pragma once

#include "runtime/control/allowed_configurations.h"
#include "runtime/core/probe_schedule.h"

#include <dyce/policy.h>

#include <cstddef>
#include <vector>

namespace dyce {

/// How long an image takes under each configuration: mean and mean deviation, exponentially weighted (as TCP
/// estimates round trips, RFC 6298). A single time counts as no more than what is rarely exceeded, or twice
/// the mean: a stall tells little about the next batch. Nothing allocates after construction.
class ServiceTimes {
public:
    explicit ServiceTimes(std::size_t configurations) : times_(configurations) {}

    /// A batch took so long for each of its images.
    void observed(int index, double us_per_image);
    /// Rarely exceeded: mean + 4 deviations. A configuration that never ran is judged by the nearest one that
    /// did, in proportion to relative_cost. NaN when none did.
    double predicted_us(int index, Configurations configurations) const;

    /// What decide() chose, and why it chose nothing dearer.
    struct Chosen {
        int index;
        double left_us;  ///< for each image
        double accuracy_floor;
    };
    /// Another configuration in its place every few times: the most expensive that would fit in proportion to the
    /// times of the chosen one, though its own, which may be long past, say that it would not. When the next
    /// batch under it fits, they are forgotten.
    int try_dearer(const Chosen& chosen, Configurations configurations);

private:
    struct Trial {
        int index = -1;  ///< -1 = none is under way
        double left_us = 0, expected_us = 0;
    };
    bool ends_trial(int index, double us_per_image);

    struct Time {
        double mean = 0, deviation = 0;
        bool is_known = false;
    };
    std::vector<Time> times_;
    ProbeSchedule probes_;
    Trial trial_;
};

/// The most expensive configuration predicted to answer `images` within `left_us` microseconds; when none is, or
/// nothing has run yet, the cheapest. accuracy_floor as in the feedback law.
int decide(const MeetDeadlines& policy, double left_us, int images, const ServiceTimes& times,
           Configurations configurations);

}  // namespace dyce
