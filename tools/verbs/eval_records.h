// dyce eval --records: what a configuration would do, simulated on a record.
#pragma once

#include "tools/cli/arguments.h"

namespace dyce {

int eval_records(const Arguments& arguments);

}  // namespace dyce
