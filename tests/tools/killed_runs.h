// Runs of the program that are killed again and again, and go on.
#pragma once

#include "tests/tools/program.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>

namespace dyce::test {

/// Kills `dyce ARGUMENTS`, first after so many seconds, until a run ends well; gives how often. Each attempt has half as
/// much time again, so that the last one ends however slow the machine is. `output` is at no time anything but absent or
/// what `whole` is: a run that is killed after its last write has left all of it.
inline int run_killed(const std::string& arguments, const std::string& output, const std::string& whole,
                      double seconds = 0.1) {
    int kills = 0;
    for (; run_program(arguments, "timeout -s KILL " + std::to_string(seconds)).code != 0; seconds *= 1.5) {
        REQUIRE(++kills < 30);
        if (std::filesystem::exists(output)) CHECK(read_file(output) == read_file(whole));
    }
    CHECK(read_file(output) == read_file(whole));
    return kills;
}

}  // namespace dyce::test
