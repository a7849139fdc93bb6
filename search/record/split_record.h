// Part of a record. A pure function.
#pragma once

#include "search/record/record.h"

#include <utility>

namespace dyce {

/// The images at even places and those at odd ones. A large record is in memory once: its columns go as
/// they are divided. Throws Error{kContent} when there are fewer than two images.
std::pair<Record, Record> halves_of(Record record);

}  // namespace dyce
