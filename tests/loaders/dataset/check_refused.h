// What the tests of this room share: classes to open with, and refusals that are checked in full.
#pragma once

#include "loaders/dataset/dataset.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <string>

namespace dyce::test {

inline const DatasetClasses kThree{3, {"cat", "dog", "eel"}};

/// Opening `path` must fail with `code`, naming `where` and saying `message`.
inline void check_refused(const std::string& path, ErrorCode code, const std::string& where,
                          const std::string& message, const DatasetClasses& classes = kThree,
                          const DatasetLimits& limits = {}) {
    INFO(path);
    try {
        open_dataset(path, classes, limits);
        FAIL_CHECK("was accepted");
    } catch (const Error& error) {
        INFO(std::string(error.what()));
        CHECK(error.code() == code);
        CHECK(error.where() == where);
        CHECK(error.message().find(message) != std::string::npos);
    }
}

}  // namespace dyce::test
