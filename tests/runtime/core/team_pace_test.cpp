// When helpers are called, on a clock moved by hand.
#include "runtime/core/team_pace.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace std::chrono_literals;

namespace {

struct Paced {
    TeamPace pace;
    TeamPace::Clock::time_point now{};

    bool shares() { return pace.shares(now); }
    // A region of two parts of 100 us each, of which the helper's was done `late` after the caller's.
    void region(TeamPace::Clock::duration late) {
        now += 100us + late;
        pace.add({100us, 200us, 100us + late}, now);
    }
    // Until helpers are called again.
    TeamPace::Clock::duration rest() {
        const auto start = now;
        while (!shares()) now += 1ms;
        return now - start;
    }
};

}  // namespace

TEST_CASE("helpers that are in time are always called") {
    Paced paced;
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(paced.shares());
        paced.region(10us);
    }
}

TEST_CASE("a stall ends sharing for a while, twice as long each time, a second at most") {
    Paced paced;
    CHECK(paced.shares());
    for (const auto expected : {16ms, 32ms, 64ms, 128ms, 256ms, 512ms, 1000ms, 1000ms}) {
        paced.region(4ms);
        CHECK(paced.rest() == expected);
    }
    for (int i = 0; i < 10'000 && paced.shares(); ++i) paced.region(0us);
    paced.region(4ms);
    CHECK(paced.rest() == 16ms);
}

TEST_CASE("sharing that takes longer than computing alone ends though nothing stalls") {
    Paced paced;
    int regions = 0;
    for (; paced.shares() && regions < 1000; ++regions) paced.region(150us);
    CHECK(regions * 250us >= 8ms);
    CHECK(regions * 250us < 9ms);
}
