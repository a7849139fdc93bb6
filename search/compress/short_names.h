// Names take half of the header of a small file. A function.
#pragma once

#include "loaders/format/model_file.h"

namespace dyce {

/// Nodes and values but inputs and outputs get short names; attributes of convolutions that are meant without being
/// said go. The network computes the same; its digest changes.
void shorten_names(Member& member);

}  // namespace dyce
