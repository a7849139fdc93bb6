// The most accurate configuration within a power budget. Pure function.
#pragma once

#include "runtime/control/feedback.h"

#include <dyce/policy.h>

namespace dyce {

/// As the feedback law says, the bound being the mean power of the window. Without a reading nothing changes.
int decide(const PowerBudget& policy, const Telemetry& telemetry, Configurations configurations);

}  // namespace dyce
