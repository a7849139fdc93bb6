// What the tests of this folder share: classes to open with, and refusals that are checked in full.
#pragma once

#include "loaders/dataset/dataset.h"
#include "tests/support/check_throws.h"

#include <string>

namespace dyce::test {

inline const DatasetClasses kThree{3, {"cat", "dog", "eel"}};

/// Opening `path` must fail with `code`, naming `where` and saying `message`.
inline void check_refused(const std::string& path, ErrorCode code, const std::string& where,
                          const std::string& message, const DatasetClasses& classes = kThree,
                          const DatasetLimits& limits = {}) {
    INFO(path);
    check_throws([&] { open_dataset(path, classes, limits); }, code, message, where);
}

}  // namespace dyce::test
