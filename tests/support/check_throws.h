// Checks that something is refused: by which error, told how.
#pragma once

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <string>

namespace dyce::test {

/// Runs `action` and checks that it throws Error{code} whose what() contains `piece`; where `where` is given, that
/// the error names exactly it, and that its message alone contains `piece`.
template <class Action>
void check_throws(const Action& action, ErrorCode code, const std::string& piece,
                  const std::string& where = "") {
    CAPTURE(piece);
    try {
        action();
        FAIL_CHECK("accepted; expected an error");
    } catch (const Error& error) {
        const std::string what = error.what();
        CAPTURE(what);
        CHECK(error.code() == code);
        CHECK((where.empty() ? what : error.message()).find(piece) != std::string::npos);
        if (!where.empty()) CHECK(error.where() == where);
    }
}

}  // namespace dyce::test
