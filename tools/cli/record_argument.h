// Records as verbs take them. Free functions.
#pragma once

#include "search/record/record_file.h"
#include "tools/cli/arguments.h"

#include <string>

namespace dyce {

/// Reads a record; one without a description takes its exits from --model or from --costs. Throws as
/// read_record() does.
Record open_record(const Arguments& arguments, const std::string& path, bool names = false);

/// Throws Error{kUsage} when `other` is of another model, precision or list of exits than `record`.
void check_same_exits(const Record& record, const Record& other, const std::string& other_path);

}  // namespace dyce
