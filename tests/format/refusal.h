// Checks of refusals: the code, and a piece of the message that names the trouble.
#pragma once

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <string>

namespace dyce::test {

/// Runs `action` and checks that it throws Error{code} whose what() contains `piece`.
template <class Action>
void check_refused(Action action, ErrorCode code, const std::string& piece) {
    try {
        action();
        FAIL_CHECK("accepted; expected an error about: " << piece);
    } catch (const Error& error) {
        CHECK_MESSAGE(error.code() == code, error.what());
        CHECK_MESSAGE(std::string(error.what()).find(piece) != std::string::npos,
                      "'" << error.what() << "' does not say: " << piece);
    }
}

}  // namespace dyce::test
