// Covers runtime/include/dyce/gate_count.
#include "runtime/control/telemetry.h"
#include "tests/support/allocations.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace dyce;
using namespace dyce::test;

TEST_CASE("telemetry: a window holds what happened in it") {
    Telemetry telemetry(3, 4);
    telemetry.start(10);
    for (int i = 1; i <= 80; ++i) telemetry.answered(i, i <= 20 ? 0 : i <= 60 ? 2 : 3);
    telemetry.worked(1.5);
    telemetry.worked(0.5);
    CHECK(telemetry.answers() == 80);
    CHECK(telemetry.age_s(12) == 2);
    telemetry.close(12, {.arrived = 100, .refused = 1, .queued = 19}, 2, 100);

    const Window& first = telemetry.last();
    CHECK(first.seconds == 2);
    CHECK(first.arrived == 100);
    CHECK(first.arrival_rate() == 50);
    CHECK(first.refused == 1);
    CHECK(first.completed == 80);
    CHECK(first.queued_before == 0);
    CHECK(first.queued_after == 19);
    CHECK_FALSE(first.is_draining());
    CHECK(first.busy == 0.5);
    CHECK(first.p95_us == 76);       // of 1..80, 76 values do not exceed it
    CHECK(std::isnan(first.watts));  // one reading of the counter is no power
    CHECK(telemetry.exit_share() == std::vector<double>{0.25, 0, 0.5, 0.25});

    telemetry.close(14, {.queued = 9}, 2, 130);
    const Window& second = telemetry.last();
    CHECK(second.arrived == 0);
    CHECK(second.completed == 0);
    CHECK(second.queued_before == 19);
    CHECK(second.is_draining());
    CHECK(std::isnan(second.p95_us));
    CHECK(second.watts == 15);
    CHECK(second.busy == 0);
    CHECK(telemetry.exit_share() == std::vector<double>(4, 0));
}

TEST_CASE(
    "telemetry: the percentile is the smallest value that 95 in 100 do not exceed, of the latest samples") {
    struct Row {
        int count;
        double p95;
    };
    for (const Row& row :
         {Row{1, 1}, {2, 2}, {19, 19}, {20, 19}, {21, 20}, {64, 61}, {100, 97}, {1000, 997}}) {
        CAPTURE(row.count);
        Telemetry telemetry(1, 1, 64);
        for (int i = row.count; i > 64; --i) telemetry.answered(-1, 0);
        for (int i = std::min(row.count, 64); i > 0; --i) telemetry.answered(row.count - i + 1, 0);
        telemetry.close(1, {}, 1);
        CHECK(telemetry.last().p95_us == row.p95);
    }
}

TEST_CASE("telemetry: the first window after a switch is not held against a configuration") {
    Telemetry telemetry(2, 1);
    CHECK_FALSE(telemetry.is_settled());
    telemetry.add({.seconds = 1});
    CHECK_FALSE(telemetry.is_settled());
    CHECK(telemetry.seen(0) == nullptr);
    telemetry.add({.seconds = 2});
    CHECK(telemetry.is_settled());
    REQUIRE(telemetry.seen(0) != nullptr);
    CHECK(telemetry.seen(0)->seconds == 2);
    telemetry.switched(0);  // already in force
    CHECK(telemetry.is_settled());
    telemetry.switched(1);
    CHECK(telemetry.configuration() == 1);
    CHECK_FALSE(telemetry.is_settled());
    telemetry.add({.seconds = 3});
    CHECK(telemetry.seen(1) == nullptr);
    CHECK(telemetry.seen(0)->seconds == 2);
    for (int i = 0; i < 1000; ++i) telemetry.add({.seconds = 4});
    CHECK(telemetry.seen(0) == nullptr);  // too long ago
    CHECK(telemetry.seen(1)->seconds == 4);
}

TEST_CASE("telemetry: what gates decided in a window, of what they decided so far") {
    Telemetry telemetry(1, 8);
    telemetry.start(0);
    telemetry.close(1, {}, 1);
    CHECK(telemetry.gates().empty());
    const auto rates = [&](std::vector<GateCount> so_far) {
        telemetry.decided(so_far);
        telemetry.close(2, {}, 1);
        std::vector<double> result;
        for (const GateCount& gate : telemetry.gates()) result.push_back(gate.open_rate());
        return result;
    };
    CHECK(rates({{2, 10, 5}, {4, 8, 2}}) == std::vector<double>{0.5, 0.25});
    CHECK(rates({{2, 30, 20}, {4, 8, 2}}) == std::vector<double>{0.75, 1});
    CHECK(telemetry.gates()[0].site == 2);
    CHECK(telemetry.gates()[0].asked == 20);
    CHECK(telemetry.gates()[0].opened == 15);
    CHECK(telemetry.gates()[1].asked == 0);
}

TEST_CASE("telemetry: events and windows allocate nothing") {
    Telemetry telemetry(100, 20);
    const std::vector<GateCount> gates(20);
    const auto before = allocation_count();
    for (int i = 0; i < 10'000; ++i) {
        telemetry.decided(gates);
        telemetry.answered(i, static_cast<std::size_t>(i % 20));
        telemetry.worked(1e-3);
        if (i % 100 == 0) {
            telemetry.close(i, {.arrived = 9, .queued = 3}, 2, i);
            telemetry.switched(i / 100);
        }
    }
    CHECK(allocation_count() == before);
}
