// dyce train --from-scratch and --fine-tune.
#pragma once

#include "tools/cli/arguments.h"

namespace dyce {

int train_whole_network(const Arguments& arguments);

}  // namespace dyce
