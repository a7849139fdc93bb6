// dyce bench without a model: one operator alone, and what the machine can do at most.
#pragma once

#include "tools/cli/arguments.h"

namespace dyce {

/// dyce bench --op DESCRIPTOR
int bench_operator(const Arguments& arguments);
/// dyce bench --peak
int bench_peak(const Arguments& arguments);

}  // namespace dyce
