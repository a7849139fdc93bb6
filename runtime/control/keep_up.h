// Cheaper under load, back when idle. Pure function.
#pragma once

#include "runtime/control/feedback.h"

#include <dyce/policy.h>

namespace dyce {

/// As the feedback law says, the bound being the work that was asked for: the workers' busy time, longer by
/// what they left waiting or refused.
int decide(const KeepUp& policy, const Telemetry& telemetry, Configurations configurations);

}  // namespace dyce
