// Checks of files that are refused: the error's code, a piece of its message that names the trouble, and that
// getting there took no more memory than promised.
#pragma once

#include "tests/support/allocations.h"
#include "tests/support/check_throws.h"

#include <string>

namespace dyce::test {

constexpr std::int64_t kMaxRefusalBytes = std::int64_t{64} << 20;

/// Runs `action` and checks that it throws Error{code} whose what() contains `piece`.
template <class Action>
void check_refused(const Action& action, ErrorCode code, const std::string& piece) {
    const AllocationPeak peak;
    check_throws(action, code, piece);
    CHECK(peak.bytes() <= kMaxRefusalBytes);
}

/// A file that must be refused.
struct RefusedFile {
    std::string name;
    std::string bytes;
    ErrorCode code;
    std::string piece;
};

}  // namespace dyce::test
