// Checks of refusals: the error's code, a piece of its message that names the trouble, and that getting there
// took no more memory than promised.
#pragma once

#include "tests/support/allocations.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <string>

namespace dyce::test {

constexpr std::int64_t kMaxRefusalBytes = std::int64_t{64} << 20;

/// Runs `action` and checks that it throws Error{code} whose what() contains `piece`.
template <class Action>
void check_refused(Action action, ErrorCode code, const std::string& piece) {
    const AllocationPeak peak;
    try {
        action();
        FAIL_CHECK("accepted; expected an error about: " << piece);
    } catch (const Error& error) {
        const std::string what = error.what();
        CAPTURE(what);
        CAPTURE(piece);
        CHECK(error.code() == code);
        CHECK(what.find(piece) != std::string::npos);
    }
    CHECK(peak.bytes() <= kMaxRefusalBytes);
}

}  // namespace dyce::test
