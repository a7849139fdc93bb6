// Datasets held in NumPy arrays.
#pragma once

#include "loaders/dataset/dataset.h"

#include <memory>
#include <string>

namespace dyce {

/// Opens `NAME.npy` with its labels in `NAME_labels.npy` beside it, or an `.npz` with the members `images`
/// and `labels`. Images are uint8, count x height x width x 3 (RGB); labels are integers, count or count
/// x 1. Throws Error{kContent} naming the array and what was expected, Error{kIo}, Error{kResource} over a
/// limit.
std::unique_ptr<const Dataset> open_arrays(const std::string& path, const DatasetClasses& classes,
                                           const DatasetLimits& limits);

}  // namespace dyce
