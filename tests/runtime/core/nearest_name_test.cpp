#include "runtime/core/nearest_name.h"

#include <doctest/doctest.h>

#include <array>

using dyce::edit_distance;
using dyce::nearest_hint;
using dyce::nearest_name;

TEST_CASE("edit distance counts inserted, deleted and replaced characters") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("abc", "") == 3);
    CHECK(edit_distance("kitten", "sitting") == 3);
    CHECK(edit_distance("saturday", "sunday") == 3);
    CHECK(edit_distance("resnet50", "resnet50") == 0);
}

TEST_CASE("the nearest name is the one with the smallest distance, the earliest of equals") {
    constexpr std::array<std::string_view, 4> kNames = {"resnet18", "resnet50", "mobilenet_v2", "resnet52"};
    CHECK(nearest_name("resnet5", kNames) == "resnet50");
    CHECK(nearest_name("mobilnetv2", kNames) == "mobilenet_v2");
    CHECK(nearest_name("anything", {}).empty());
}

TEST_CASE("what is farther away than a third of the name, or one edit, is no hint") {
    constexpr std::array<std::string_view, 3> kNames = {"topk", "threads", "csv"};
    CHECK(nearest_name("topq", kNames) == "topk");  // 1 of 4
    CHECK(nearest_name("tpoq", kNames).empty());    // 3 of 4
    CHECK(nearest_name("cv", kNames) == "csv");     // one edit, however short
    CHECK(nearest_name("c", kNames).empty());       // 2 of 1
    CHECK(nearest_name("treads", kNames) == "threads");
    CHECK(nearest_name("thredz", kNames) == "threads");  // 2 of 6
    CHECK(nearest_name("banana", kNames).empty());
    CHECK(nearest_hint("topq", kNames, "'") == "; the nearest is 'topk'");
    CHECK(nearest_hint("banana", kNames).empty());
}
