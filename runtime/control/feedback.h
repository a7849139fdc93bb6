// The law the controllers share: from how near the last window came to its bound, to the next configuration.
// Pure functions.
#pragma once

#include "runtime/control/allowed_configurations.h"
#include "runtime/control/telemetry.h"

namespace dyce {

/// What a window used of what it may use: above 1 = too much; NaN = nothing was measured.
struct Bound {
    double (*use)(const Window& window, double limit);
    double limit;

    double operator()(const Window& window) const { return use(window, limit); }
};

/// Index of the configuration to use next.
///
/// Use is taken to grow in proportion to relative_cost until a configuration was seen to do otherwise.
///  * Too much: down at once to the most expensive configuration that is expected to use 90 %, at least one step.
///  * Less than 70 %: up at once, as far as 90 % are expected; but only halfway to a configuration that used
///    too much under about the same load. The gap between 70 and 100 % and this memory keep it from going to
///    and fro: under constant load it comes to rest.
///  * One that had served for long before it used too much is no such failure: a disturbance may have passed.
///    It is tried again, above 70 % too, after two windows, then after twice as many each time in vain; or as
///    soon as the one in force uses so much less than during the disturbance that the other is expected to
///    fit (Setback).
///  * A decision needs two windows since the last switch, the first being mixed with what ran before. So a
///    step of load is answered within three windows.
/// Configurations whose accuracy_low is below `accuracy_floor` are never chosen; when all are, the one of the
/// highest is.
int decide(const Bound& bound, double accuracy_floor, const Telemetry& telemetry,
           Configurations configurations);

}  // namespace dyce
