// dyce record: being killed.
#include "tests/tools/exit_inputs.h"

#include <doctest/doctest.h>

using namespace dyce::test;

TEST_CASE("a recording killed again and again ends with the same bytes") {
    const TempFolder folder;
    write_exit_inputs(folder);
    std::string list = "path,label\n";
    for (int i = 0; i < 3000; ++i) {
        const std::string label = std::to_string(i % 5);
        list += "data/" + label + "/" + std::to_string(i / 5 % 8) + ".png," + label + "\n";
    }
    write_file(folder / "list.csv", list);
    const std::string arguments = "record " + folder / "m.safetensors" + " --data " + folder / "list.csv" +
                                  " --scores margin,entropy --batch 2 --threads 1 -o ";
    const std::string pieces = folder / "pieces.npz";
    REQUIRE(run_program(arguments + folder / "whole.npz").code == 0);

    int kills = 0, continuations = 0;
    // Each attempt has a quarter as much time again, so that the last one ends however slow the machine is.
    for (double seconds = 0.02;; seconds *= 1.25) {
        const Outcome outcome = run_program(arguments + pieces, "timeout -s KILL " + std::to_string(seconds));
        continuations += outcome.err.find("goes on after the") != std::string::npos ? 1 : 0;
        if (outcome.code == 0) break;
        REQUIRE(++kills < 60);
        // Killed after its last write, it has left all of it.
        if (std::filesystem::exists(pieces)) CHECK(read_file(pieces) == read_file(folder / "whole.npz"));
    }
    CHECK(kills > 0);
    CHECK(continuations > 0);
    MESSAGE(kills, " kills, ", continuations, " continuations");
    CHECK(read_file(pieces) == read_file(folder / "whole.npz"));
    CHECK_FALSE(std::filesystem::exists(pieces + ".journal"));

    // Rows of another recording are not taken over.
    write_file(pieces + ".journal", "dyce.journal/1 of something else\n" + std::string(500, 'x'));
    const Outcome afresh = run_program(arguments + pieces);
    CHECK(afresh.code == 0);
    CHECK(afresh.err.find("goes on") == std::string::npos);
    CHECK(read_file(pieces) == read_file(folder / "whole.npz"));
}
