// The most accurate configuration whose answers come in time. Pure function.
#pragma once

#include "runtime/control/feedback.h"

#include <dyce/policy.h>

namespace dyce {

/// As the feedback law says, the bound being the 95th percentile of the time from submission to answer.
int decide(const LatencyTarget& policy, const Telemetry& telemetry, Configurations configurations);

}  // namespace dyce
