#include "models/windows.h"

#include <doctest/doctest.h>

using dyce::models::Windows;
using Numbers = std::vector<std::int64_t>;

TEST_CASE("windows hold their places row by row, and are rolled with the map") {
    // 0  1  2  3
    // 4  5  6  7      of 4 x 4 places, in windows of 2 x 2
    // ..
    const Windows still(4, 4, 2, 0);
    CHECK(still.count() == 4);
    CHECK(!still.is_rolled());
    CHECK(still.order() == Numbers{0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15});
    const Windows rolled(4, 4, 2, 1);
    CHECK(rolled.is_rolled());
    CHECK(rolled.order() == Numbers{5, 6, 9, 10, 7, 4, 11, 8, 13, 14, 1, 2, 15, 12, 3, 0});
    CHECK(rolled.inverse(4, 4) == Numbers{15, 10, 11, 14, 5, 0, 1, 4, 7, 2, 3, 6, 13, 8, 9, 12});
    CHECK(rolled.inverse(1, 3) == Numbers{15, 10, 11});
}

TEST_CASE("an axis of one window is not rolled") {
    const Windows low(2, 4, 2, 1);
    CHECK(low.count() == 2);
    CHECK(low.order() == Numbers{1, 2, 5, 6, 3, 0, 7, 4});
    CHECK(!Windows(2, 2, 2, 1).is_rolled());
}

TEST_CASE("what was no neighbour before the map was rolled is not seen") {
    // Windows (1 2 5 6) and (3 0 7 4): in the latter columns 3 and 0 meet.
    Numbers expected(16, 0);
    for (int a = 0; a < 4; ++a)
        for (int b = 0; b < 4; ++b) expected.push_back(a % 2 == b % 2 ? 0 : -100);
    CHECK(Windows(2, 4, 2, 1).mask() == expected);
    // All four corners meet in the last window.
    const Numbers mask = Windows(4, 4, 2, 1).mask();
    for (std::size_t a = 0; a < 4; ++a)
        for (std::size_t b = 0; b < 4; ++b) CHECK(mask[48 + 4 * a + b] == (a == b ? 0 : -100));
}

TEST_CASE("each distance inside a window has a row of the table") {
    // Rows by (dy + 1) * 3 + dx + 1, of places (0,0) (0,1) (1,0) (1,1).
    CHECK(Windows(2, 2, 2, 0).distances() == Numbers{4, 3, 1, 0, 5, 4, 2, 1, 7, 6, 4, 3, 8, 7, 5, 4});
}
