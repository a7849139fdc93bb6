#include "graph/exits/path_cost.h"

#include <doctest/doctest.h>

#include <cstdint>

using dyce::PathCost;

TEST_CASE("the cost of a path: heads on the way, whole members before, the backbone so far") {
    PathCost<std::int64_t> cost;
    CHECK(cost.at(100) == 100);
    cost.add_head(7);
    CHECK(cost.at(100) == 107);
    CHECK(cost.at(250) == 257);  // further on in the same member
    cost.add_head(3);
    cost.add_member(300);
    CHECK(cost.at(40) == 7 + 3 + 300 + 40);
}

TEST_CASE("the cost of a path is added up in one order, so that sums of double are the same everywhere") {
    PathCost<double> cost;
    cost.add_head(0.1);
    cost.add_head(0.2);
    const double heads = 0.1 + 0.2;
    CHECK(cost.at(0.3) == heads + 0.3);
    CHECK(heads + 0.3 != 0.1 + (0.2 + 0.3));  // the case can tell
    cost.add_member(0.3);
    CHECK(cost.at(0.7) == (heads + 0.3) + 0.7);
}
