#include "runtime/control/configuration_controller.h"
#include "tests/support/allocations.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <random>
#include <vector>

using namespace dyce;
using namespace dyce::test;

namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

std::vector<Configuration> set_of(const std::vector<double>& costs) {
    std::vector<Configuration> set(costs.size());
    for (std::size_t i = 0; i < costs.size(); ++i) {
        set[i].relative_cost = costs[i];
        set[i].accuracy_low = 0.8 + 0.01 * static_cast<double>(i);
    }
    return set;
}

// 20 answers of `latency_us` in each of `count` windows of a second.
void serve(ConfigurationController& controller, int count, double latency_us, double& now_s) {
    for (int i = 0; i < count; ++i) {
        for (int k = 0; k < 20; ++k) controller.answered(latency_us, 0);
        controller.worked(controller.telemetry().configuration(), 20, 20e-6 * latency_us);
        CHECK(controller.is_due(now_s += 1));
        controller.close(now_s, {.arrived = 20});
    }
}

struct Meter final : EnergyMeter {
    Reading read() override { return reading; }
    Reading reading{0.0, ""};
};

}  // namespace

TEST_CASE("pilot: a policy is followed window by window") {
    double now = 5;
    ConfigurationController controller(set_of({0.2, 0.5, 1}),
                                       {.policy = LatencyTarget{100}, .first = 2, .window_s = 1}, now);
    CHECK(controller.choose(1, kNever) == 2);
    serve(controller, 2, 150, now);
    CHECK(controller.choose(1, kNever) == 1);
    serve(controller, 1, 150, now);
    CHECK(controller.choose(1, kNever) == 1);  // mixed with what ran before
    serve(controller, 1, 150, now);
    CHECK(controller.choose(1, kNever) == 0);
    CHECK(controller.telemetry().last().p95_us == 150);
    CHECK(controller.telemetry().last().arrived == 20);
}

TEST_CASE("pilot: a window ends after its time and 20 answers") {
    ConfigurationController controller(set_of({1}), {.policy = LatencyTarget{100}, .window_s = 2}, 0);
    for (int k = 0; k < 19; ++k) controller.answered(1, 0);
    CHECK_FALSE(controller.is_due(10));
    controller.answered(1, 0);
    CHECK_FALSE(controller.is_due(1.9));
    CHECK(controller.is_due(2));
}

TEST_CASE("pilot: without a policy nothing is chosen, yet everything is measured") {
    double now = 0;
    ConfigurationController controller({}, {.window_s = 1}, now);
    CHECK(controller.predicted_us() == 0);
    CHECK(controller.choose(4, 1) == -1);
    for (int k = 0; k < 20; ++k) controller.answered(70, 0);
    controller.worked(-1, 20, 20 * 50e-6);
    CHECK(controller.close(now += 1, {}) == -1);
    CHECK(controller.telemetry().last().p95_us == 70);
    CHECK(controller.predicted_us() >= 50);
    CHECK(controller.telemetry().last().busy == doctest::Approx(0.001));
}

TEST_CASE("pilot: deadlines choose for each batch, and windows leave that alone") {
    double now = 0;
    ConfigurationController controller(set_of({0.25, 0.5, 1}),
                                       {.policy = MeetDeadlines{}, .first = 2, .window_s = 1}, now);
    CHECK(controller.choose(1, kNever) == 0);  // nothing is known yet
    for (int i = 0; i < 100; ++i) controller.worked(0, 2, 2 * 25e-6);
    CHECK(controller.choose(1, 101) == 2);
    CHECK(controller.choose(1, 60) == 1);
    CHECK(controller.choose(2, 60) == 0);
    serve(controller, 3, 10, now);
    CHECK(controller.telemetry().configuration() == 0);
}

TEST_CASE("pilot: power is asked of the meter; without it the reason is told and nothing changes") {
    double now = 0;
    const auto meter = std::make_shared<Meter>();
    ConfigurationController controller(
        set_of({0.5, 1}), {.policy = PowerBudget{10}, .first = 1, .window_s = 1, .meter = meter}, now);
    meter->reading = {{}, "no rights"};
    serve(controller, 3, 10, now);
    CHECK(controller.no_power_reason() == "no rights");
    CHECK(std::isnan(controller.telemetry().last().watts));
    CHECK(controller.choose(1, kNever) == 1);
    meter->reading = {100.0, ""};
    serve(controller, 1, 10, now);
    CHECK(controller.choose(1, kNever) == 1);
    meter->reading = {115.0, ""};
    serve(controller, 1, 10, now);
    CHECK(controller.telemetry().last().watts == 15);
    CHECK(controller.choose(1, kNever) == 0);
    CHECK(controller.no_power_reason().empty());
}

TEST_CASE("pilot: what cannot be is refused") {
    const auto check = [](const ControllerOptions& options, const char* piece,
                          std::vector<double> costs = {1}) {
        CHECK_THROWS_WITH_AS(ConfigurationController(set_of(costs), options, 0), doctest::Contains(piece),
                             Error);
    };
    const double nan = std::nan("");
    check({.policy = LatencyTarget{0}}, "p95_us");
    check({.policy = LatencyTarget{nan}}, "p95_us");
    check({.policy = LatencyTarget{10, 93}}, "accuracy_floor");
    check({.policy = KeepUp{1.5}}, "busy");
    check({.policy = PowerBudget{-1}}, "watts");
    check({.policy = PowerBudget{10}}, "meter");
    check({.policy = MeetDeadlines{nan}}, "accuracy_floor");
    check({.policy = MeetDeadlines{}}, "set", {});
    check({.window_s = 0}, "window_s");
}

TEST_CASE("pilot: serving allocates nothing") {
    double now = 0;
    ConfigurationController controller(set_of({0.2, 0.5, 1}), {.policy = LatencyTarget{100}, .window_s = 1},
                                       now);
    const auto before = allocation_count();
    for (int i = 0; i < 100; ++i) {
        for (int k = 0; k < 20; ++k) controller.answered(i, 0);
        controller.worked(controller.choose(20, kNever), 20, 1e-3);
        if (controller.is_due(now += 1)) controller.close(now, {});
    }
    CHECK(allocation_count() == before);
}

TEST_CASE("pilot: whatever is measured, another configuration at most once a second") {
    std::mt19937 random(5);
    const auto set = set_of({0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1});
    for (const Policy& policy : {Policy(LatencyTarget{100}), Policy(KeepUp{0.5})}) {
        double now = 5, last = 0;
        int switches = 0;
        ConfigurationController controller(set, {.policy = policy, .first = 9, .window_s = 0.01}, now);
        for (int window = 0; window < 10'000; ++window) {
            now += 0.011;
            const double latency_us = std::uniform_real_distribution<double>(10, 300)(random);
            for (int k = 0; k < 20; ++k) controller.answered(latency_us, 0);
            const int before = controller.choose(1, kNever);
            controller.worked(before, 20, 0.011 * latency_us / 300);
            REQUIRE(controller.is_due(now));
            if (controller.close(now, {.arrived = 20}) == before) continue;
            CHECK(now - last >= 1);
            last = now;
            ++switches;
        }
        CHECK(switches > 20);
    }
}

TEST_CASE("pilot: few requests are enough to see that there is time, not to judge a percentile") {
    double now = 0;
    const auto set = set_of({0.2, 0.5, 1});
    ConfigurationController controller(set, {.policy = KeepUp{}, .first = 0, .window_s = 0.5}, now);
    for (int i = 0; i < 2; ++i) {
        controller.answered(100, 0);
        controller.worked(0, 1, 0.01);
        CHECK_FALSE(controller.is_due(now + 0.9));
        REQUIRE(controller.is_due(now += 1));
        controller.close(now, {.arrived = 1});
    }
    CHECK(controller.choose(1, kNever) == 2);
}

TEST_CASE("pilot: stalls under deadlines are forgotten within 20 quiet batches") {
    double now = 0;
    ConfigurationController controller(set_of({0.25, 0.5, 1}),
                                       {.policy = MeetDeadlines{}, .first = 2, .window_s = 1}, now);
    const auto run = [&](double us) {
        const int index = controller.choose(1, 5000);
        controller.worked(index, 1, (index == 2 ? us : 250.0 * (index + 1)) / 1e6);
        return index;
    };
    for (int i = 0; i < 100; ++i) run(1000);
    CHECK(run(1000) == 2);
    run(40'000);
    CHECK(run(1000) == 2);  // a single one is no reason
    int stalls = 0;
    for (int i = 0; i < 1000 && stalls < 12; ++i) stalls += run(40'000) == 2;
    CHECK(stalls == 12);  // tried again and again
    int others = 0;
    while (run(1000) != 2) ++others;
    CHECK(others < 20);
    for (int i = 0; i < 100; ++i) CHECK(run(1000) == 2);
}

TEST_CASE("controller: in a mixed batch a configuration is charged for its own images") {
    // 4 images that took 2 ms, two of which cost three times as much: as long as 8 under the configuration.
    const auto set = set_of({0.25, 0.5, 1});
    ConfigurationController mixed(set, {.policy = MeetDeadlines{}, .window_s = 1}, 0);
    ConfigurationController pure(set, {.policy = MeetDeadlines{}, .window_s = 1}, 0);
    for (int i = 0; i < 20; ++i) {
        mixed.worked(0, 4, 2e-3, 8);
        pure.worked(0, 8, 2e-3);
    }
    CHECK(mixed.predicted_us() ==
          doctest::Approx(2 * pure.predicted_us()));  // whatever ran, an image took longer
    for (const double left_us : {200.0, 400.0, 600.0, 900.0, 1200.0, 5000.0})
        CHECK(mixed.choose(1, left_us) == pure.choose(1, left_us));
    CHECK(pure.choose(1, 600) != pure.choose(1, 5000));  // the case can tell
}
