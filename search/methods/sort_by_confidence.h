// The order of images that a search is fastest in. A pure function.
#pragma once

#include "search/record/record.h"

#include <cstddef>

namespace dyce {

/// The same record, the images first that its exits are surest of on average: those that a head finds
/// equally sure then lie close to each other in memory, where a search looks at them together. `score` is an
/// index in Record::scores.
Record sort_by_confidence(Record record, std::size_t score);

}  // namespace dyce
