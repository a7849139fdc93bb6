// dyce bench --energy-trace. A function.
#pragma once

#include "tools/cli/arguments.h"

#include <dyce/model.h>

namespace dyce {

int bench_energy(const Arguments& arguments, const Model& model);

}  // namespace dyce
