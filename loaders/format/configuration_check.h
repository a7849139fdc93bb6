// What a configuration set must be, whether it came from a file or from a program. Pure function.
#pragma once

#include <dyce/configuration.h>

namespace dyce {

/// Throws Error{kContent} at the field that is wrong, Error{kResource} over a limit.
void check_configurations(const ConfigurationSet::Contents& contents, const ConfigurationLimits& limits);

}  // namespace dyce
