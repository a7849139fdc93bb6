// Lists of images: comma-separated text with a header line. Pure function of the file.
#pragma once

#include "loaders/dataset/dataset.h"

#include <memory>
#include <string>

namespace dyce {

/// Reads a list whose first line names its columns, among them `path` and `label`; fields may be quoted as in
/// RFC 4180, but hold no line break. `path` is relative to the list's folder and stays inside it; `label` is
/// a class index. Empty lines are skipped. Whether the images exist shows when they are read.
/// Throws Error{kContent} with the line number, Error{kResource} over a limit, Error{kIo}.
std::unique_ptr<const Dataset> read_list(const std::string& path, const DatasetClasses& classes,
                                         const DatasetLimits& limits);

}  // namespace dyce
