// Figures of a stretch of time in which requests were served. A plain value.
#pragma once

#include <limits>

namespace dyce {

/// NaN = not known.
struct Window {
    static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

    double seconds = 0;
    double arrived = 0;        ///< requests, those refused included
    double refused = 0;        ///< requests
    double completed = 0;      ///< requests
    double queued_before = 0;  ///< requests waiting when it began
    double queued_after = 0;   ///< and when it ended
    double busy = 0;           ///< share of the workers' time, 0..1
    double p95_us = kUnknown;  ///< from submission to answer
    double watts = kUnknown;

    double arrival_rate() const { return seconds > 0 ? arrived / seconds : 0; }
    /// The backlog is draining: times say more about the past than about the configuration.
    bool is_draining() const { return queued_after < queued_before; }
};

}  // namespace dyce
