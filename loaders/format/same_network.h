// Members of a model that are one network, used in several ways. A function.
#pragma once

#include "loaders/format/model_file.h"

namespace dyce {

/// Whether what is compiled of one serves the other: graph and exits are equal, and constants are the same memory.
bool is_same_network(const Member& a, const Member& b);

}  // namespace dyce
