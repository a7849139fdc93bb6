// Checks of errors that a caller meets: code and a piece of the message.
#pragma once

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <string>

namespace dyce::test {

/// Runs `action` and checks that it throws Error{code} whose what() contains `piece`.
template <class Action>
void check_error(Action action, ErrorCode code, const std::string& piece) {
    try {
        action();
        FAIL_CHECK("accepted; expected an error about: " << piece);
    } catch (const Error& error) {
        const std::string what = error.what();
        CAPTURE(what);
        CHECK(error.code() == code);
        CHECK(what.find(piece) != std::string::npos);
    }
}

}  // namespace dyce::test
