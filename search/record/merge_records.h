// Shards of one record put together again. A pure function.
#pragma once

#include "search/record/record.h"

#include <string>
#include <utility>
#include <vector>

namespace dyce {

/// A record and how messages call it.
using NamedRecord = std::pair<std::string, Record>;

/// The record of one run over all images, from its shards in any order. Throws Error{kUsage} naming the
/// shard that is missing, given twice, or of another run.
Record merge_records(const std::vector<NamedRecord>& shards);

}  // namespace dyce
