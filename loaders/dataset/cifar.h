// The binary files of CIFAR-10 and CIFAR-100.
// Source: A. Krizhevsky, https://www.cs.toronto.edu/~kriz/cifar.html, "binary version".
#pragma once

#include "loaders/dataset/dataset.h"

#include <memory>
#include <string>
#include <vector>

namespace dyce {

/// Maps files of records: one label byte (CIFAR-10), or a coarse and a fine one of which the fine counts
/// (CIFAR-100), then 32x32 red, green and blue values. The size of a file tells which.
/// Throws Error{kContent} naming file and record, Error{kIo}, Error{kResource} over a limit.
std::unique_ptr<const Dataset> open_cifar(const std::vector<std::string>& files,
                                          const DatasetClasses& classes, const DatasetLimits& limits);

}  // namespace dyce
