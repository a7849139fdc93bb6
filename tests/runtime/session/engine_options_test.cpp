// Covers runtime/include/dyce/engine_options.
// Older names of options, beside those of today.
#include "runtime/session/engine_options.h"

#include "runtime/core/threads.h"

#include <dyce/dyce.h>

#include <doctest/doctest.h>

#include <functional>
#include <string>

using namespace dyce;

TEST_CASE("options: tune says what kernels are chosen for, and plan said so before") {
    struct Row {
        const char *tune, *plan;
        TuneGoal goal;
    };
    const Row rows[] = {
        {"", "", TuneGoal::kLatency},
        {"latency", "", TuneGoal::kLatency},
        {"throughput", "", TuneGoal::kThroughput},
        {"", "latency", TuneGoal::kLatency},
        {"", "throughput", TuneGoal::kThroughput},
        {"throughput", "throughput", TuneGoal::kThroughput},
    };
    for (const Row& row : rows) CHECK(tune_goal({.plan = row.plan, .tune = row.tune}) == row.goal);
    const auto refused = [](const char* tune, const char* plan, const char* piece) {
        CHECK_THROWS_WITH_AS(tune_goal({.plan = plan, .tune = tune}), doctest::Contains(piece), Error);
    };
    refused("latency", "throughput", "plan: \"throughput\" given, but \"latency\" as tune");
    refused("throughput", "latency", "expected one of the two");
    refused("fast", "", "tune: \"fast\" given, expected latency or throughput");
    refused("", "fast", "plan: \"fast\" given");
}

TEST_CASE("options: a scheduler's are those of an engine, by either name") {
    const EngineOptions plain = engine_options({});
    CHECK(plain.max_batch == 8);
    CHECK(plain.threads == available_threads());
    CHECK(plain.precision == "f32");

    SchedulerOptions older;
    older.threads = 3;
    older.max_batch = 5;
    older.precision = "bf16";
    older.plan = "throughput";
    older.reference_kernels = true;
    SchedulerOptions newer;
    newer.engine = {.threads = 3,
                    .max_batch = 5,
                    .precision = "bf16",
                    .reference_kernels = true,
                    .tune = "throughput",
                    .features = {1}};
    SchedulerOptions both = older;
    both.engine = newer.engine;
    for (const SchedulerOptions& options : {older, newer, both}) {
        const EngineOptions engine = engine_options(options);
        CHECK(engine.threads == 3);
        CHECK(engine.max_batch == 5);
        CHECK(engine.precision == "bf16");
        CHECK(tune_goal(engine) == TuneGoal::kThroughput);
        CHECK(engine.reference_kernels);
    }
    CHECK(engine_options(newer).features == std::vector<int>{1});
}

TEST_CASE("options: one thing under two names with two values is refused") {
    const auto refused = [](const char* name, const std::function<void(SchedulerOptions&)>& change) {
        SchedulerOptions options;
        change(options);
        CAPTURE(name);
        CHECK_THROWS_WITH_AS(static_cast<void>(tune_goal(engine_options(options))), doctest::Contains(name),
                             Error);
    };
    refused("threads: differs from engine.threads",
            [](SchedulerOptions& o) { o.threads = 2, o.engine.threads = 1; });
    refused("max_batch", [](SchedulerOptions& o) { o.max_batch = 4, o.engine.max_batch = 2; });
    refused("precision", [](SchedulerOptions& o) { o.precision = "bf16", o.engine.precision = "int8"; });
    refused("plan", [](SchedulerOptions& o) { o.plan = "latency", o.engine.tune = "throughput"; });
    refused("plan", [](SchedulerOptions& o) { o.plan = "latency", o.engine.plan = "throughput"; });
}

TEST_CASE("options: workers share the processor's threads") {
    SchedulerOptions options;
    options.workers = 1000;
    CHECK(engine_options(options).threads == 1);
}
