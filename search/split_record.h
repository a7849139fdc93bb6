// Part of a record. A pure function.
#pragma once

#include "search/record.h"

namespace dyce {

/// Every second picture: those at even places (`odd` = 0) or odd ones (1). Throws Error{kContent} when there
/// are none.
Record half_of(const Record& record, int odd);

}  // namespace dyce
