// Covers halt, runtime/core/probe_schedule.
#include "runtime/control/deadlines.h"
#include "tests/runtime/control/plant.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

using namespace dyce;
using namespace dyce::test;

TEST_CASE("deadlines: before anything ran the cheapest is chosen") {
    std::mt19937 random(1);
    const auto set = random_set(random, 5);
    const ServiceTimes times(5);
    CHECK(std::isnan(times.predicted_us(2, set)));
    CHECK(decide(MeetDeadlines{}, 1e9, 1, times, set) == 0);
    CHECK(decide(MeetDeadlines{set[3].accuracy_low}, 1e9, 1, times, set) == 3);
}

TEST_CASE("deadlines: the most expensive that fits, by what was seen or in proportion to cost") {
    std::vector<Configuration> set(4);
    for (std::size_t i = 0; i < 4; ++i) {
        set[i].relative_cost = 0.25 * static_cast<double>(i + 1);
        set[i].accuracy_low = 0.9;
    }
    ServiceTimes times(4);
    for (int i = 0; i < 200; ++i) times.observed(1, 50);  // so the most expensive takes 100
    CHECK(times.predicted_us(1, set) == doctest::Approx(50));
    CHECK(times.predicted_us(3, set) == doctest::Approx(100));
    struct Row {
        double left_us;
        int images, index;
    };
    for (const Row& row : {Row{101, 1, 3},
                           {99, 1, 2},
                           {74, 1, 1},
                           {26, 1, 0},
                           {1, 1, 0},
                           {-5, 1, 0},
                           {399, 4, 2},
                           {401, 4, 3}}) {
        CAPTURE(row.left_us);
        CHECK(decide(MeetDeadlines{}, row.left_us, row.images, times, set) == row.index);
    }
    for (int i = 0; i < 200; ++i) times.observed(3, 400);  // its tail never leaves early
    CHECK(times.predicted_us(2, set) == doctest::Approx(75));
    CHECK(decide(MeetDeadlines{}, 399, 1, times, set) == 2);
}

TEST_CASE("deadlines: times that vary are given room") {
    const std::vector<Configuration> set(1);
    std::mt19937 random(3);
    std::normal_distribution<double> normal(100, 10);
    ServiceTimes times(1);
    int late = 0;
    constexpr int kTrials = 10'000;
    for (int i = 0; i < kTrials; ++i) {
        const double time = normal(random);
        late += i > 0 && time > times.predicted_us(0, set);
        times.observed(0, time);
    }
    CHECK(late < kTrials / 50);
    CHECK(times.predicted_us(0, set) < 160);
}

TEST_CASE("deadlines: less time, or more images, never a dearer configuration; the floor holds") {
    for (unsigned seed = 0; seed < 100; ++seed) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const auto set = random_set(random, 30);
        ServiceTimes times(30);
        for (int i = 0; i < 100; ++i) {
            const auto index = random() % 30;
            times.observed(static_cast<int>(index), 100 * set[index].relative_cost);
        }
        const double floor = set[random() % 30].accuracy_low;
        int previous = 30;
        for (double left = 500; left > 1; left /= 1.3) {
            const int index = decide(MeetDeadlines{floor}, left, 2, times, set);
            CHECK(index <= previous);
            CHECK(set[static_cast<std::size_t>(index)].accuracy_low >= floor);
            CHECK(decide(MeetDeadlines{floor}, left, 3, times, set) <= index);
            previous = index;
        }
    }
}

TEST_CASE("halt: every image leaves at the site at the latest") {
    Configuration c;
    c.name = "c012";
    c.score = "margin";
    c.exits = {{1, "linear", 0.5}, {4, "linear", 0.6}, {7, "mlp2x128", 0.7}};
    c.accuracy = 0.9;
    c.model_digest = "m";
    const Configuration halted = halt_at(c, 4, "mlp2x64");
    CHECK(halted.name == "c012.halt4");
    CHECK(halted.score == "margin");
    CHECK(halted.model_digest == "m");
    REQUIRE(halted.exits.size() == 2);
    CHECK(halted.exits[0].site == 1);
    CHECK(halted.exits[0].threshold == 0.5);
    CHECK(halted.exits[1].site == 4);
    CHECK(halted.exits[1].type == "mlp2x64");
    CHECK(halted.exits[1].threshold == -1);
    CHECK(halted.accuracy == 0);  // nobody measured it
    CHECK(halt_at(c, 0, "linear").exits.size() == 1);
    c.name = std::string(64, 'x');
    CHECK(halt_at(c, 200, "linear").name == std::string(56, 'x') + ".halt200");
}
