// Who leaves when because of a deadline, by which head, and how soon a stall is forgotten.
#include "tests/runtime/flow/exit_runner.h"

#include <doctest/doctest.h>

using namespace dyce;
using test::as_tensor;
using test::ExitNet;
using test::Left;
using test::make_exit_net;
using test::noise;
using test::Notes;
using test::Runner;
using test::timed_loop;

TEST_CASE("a row that would be late leaves by an exit") {
    const auto images = noise(6);
    Runner runner(make_exit_net(4), 6);
    Configuration never;
    never.exits = {{1, "exit1", 2.0}};  // evaluated, never sure enough
    const ExitPlan plan = make_exit_plan(never, runner.positions);
    const auto run = [&](ExitBatch::Clock::time_point due) {
        Notes notes(images);
        notes.due = due;
        runner.loop.run(plan, 6, notes);
        REQUIRE(notes.left.size() == 6);
        return notes.left;
    };
    for (const auto& [row, left] : run(ExitBatch::Clock::now() - std::chrono::hours(1))) {
        CHECK(left.position == 0);  // nothing was evaluated yet: a head of the first site answers
        CHECK(left.type == "exit0");
        CHECK(left.macs == runner.net.exits.sites[0].macs + 40);
    }
    for (const auto& [row, left] : run(ExitBatch::Clock::now() + std::chrono::hours(1)))
        CHECK(left.position == 4);
}

TEST_CASE(
    "without deadlines nothing is late; a late row leaves by the head of its site that is known as best") {
    const auto images = noise(6);
    Runner runner(make_exit_net(4), 6);
    Executor all(CompiledModel::compile(runner.net.graph, {.max_batch = 1, .threads = 2}));
    Configuration configuration;
    configuration.exits = {{1, "exit1", 2.0}};
    configuration.best_heads =
        std::make_shared<const BestHeads>(BestHeads{{{0, "quad0"}, {1, "quad1"}, {2, "exit2"}}, "quad3"});
    struct Row {
        int blocks;  ///< stages of a millisecond each that the deadline leaves time for
        int position;
        const char* type;
        std::size_t output;
        std::int64_t macs;  ///< of heads
    };
    // Output 1 + 2 * site is exitK, the next quadK. What site 1 has on was evaluated: it answers there.
    for (const Row& row : {Row{1, 0, "quad0", 2, 160},
                           {2, 1, "exit1", 3, 40},
                           {3, 2, "exit2", 5, 40 + 40},
                           {4, 3, "quad3", 8, 40 + 160}}) {
        CAPTURE(row.position);
        StageTimes::TimePoint now{};
        const auto tick = [&now] { return now += std::chrono::microseconds(500); };
        const auto compiled =
            CompiledModel::compile(runner.net.graph, runner.net.exits, {.max_batch = 6, .threads = 2});
        ExitLoop loop = timed_loop(local_stage_runners({compiled}), runner.positions, 6, tick);
        const ExitPlan plan = make_exit_plan(configuration, runner.positions);
        Notes notes(images);
        for (int warm = 0; warm < 3; ++warm) loop.run(plan, 6, notes), notes.left.clear();
        CHECK(notes.late == 0);
        // Each stage asks for the time before and after it, and once more at its site.
        notes.due = now + row.blocks * std::chrono::microseconds(1500);
        loop.run(plan, 6, notes);
        REQUIRE(notes.left.size() == 6);
        CHECK(notes.late == 6);
        for (std::size_t i = 0; i < 6; ++i) {
            const Left& left = notes.left.at(static_cast<int>(i));
            CHECK(left.position == row.position);
            CHECK(left.type == row.type);
            CHECK(left.macs ==
                  runner.net.exits.sites[static_cast<std::size_t>(row.position)].macs + row.macs);
            const auto outputs = all.run({as_tensor(images[i])});
            const float* logits = outputs[row.output].data<float>();
            CHECK(left.logits == std::vector<float>(logits, logits + 5));
        }
    }
}

TEST_CASE("after a stage stalled twelve times the final exit answers again, whatever was known before") {
    const auto images = noise(1);
    Runner runner(make_exit_net(4), 1);
    const ExitPlan plan = make_exit_plan({}, runner.positions);
    for (const int quiet_before : {0, 100})
        for (const int stalled : {1, 4}) {  // the stage
            CAPTURE(quiet_before);
            CAPTURE(stalled);
            StageTimes::TimePoint now{};
            int calls = 0, stalls = 0;
            bool stalls_now = false;
            const auto clock = [&] {
                // Each stage asks before and after it, and at its site.
                if (++calls == 3 * stalled + 2 && stalls_now) {
                    now += std::chrono::milliseconds(40);
                    ++stalls;
                }
                return now += std::chrono::microseconds(100);
            };
            ExitLoop loop = timed_loop(local_stage_runners({runner.compiled}), runner.positions, 1, clock);
            const auto answer = [&] {
                Notes notes(images);
                calls = 0;
                notes.due = now + std::chrono::milliseconds(5);
                loop.run(plan, 1, notes);
                return notes;
            };
            for (int i = 0; i < quiet_before; ++i) CHECK(answer().left.at(0).position == 4);
            stalls_now = true;
            int late = 0, requests = 0;
            while (stalls < 12) {
                late += answer().late;
                ++requests;
            }
            CHECK(late == requests);  // the stalls came after their deadline, the others left before them
            CHECK(requests <= 12 + 8 * 12);
            stalls_now = false;
            int recovered = 0;
            while (answer().left.at(0).position != 4) ++recovered;
            CHECK(recovered < 20);
            for (int i = recovered; i < 1000; ++i) {
                const Notes notes = answer();
                CHECK(notes.left.at(0).position == 4);
                CHECK(notes.late == 0);
            }
        }
}

TEST_CASE("loops of one engine learn from one another") {
    const auto images = noise(1);
    Runner runner(make_exit_net(3), 1);
    const auto compiled = CompiledModel::compile(runner.net.graph, runner.net.exits, {.threads = 2});
    StageTimes::TimePoint now{};
    const auto times = make_stage_times(local_stage_runners({compiled}),
                                        [&now] { return now += std::chrono::milliseconds(1); });
    ExitLoop one(local_stage_runners({compiled}), runner.positions, 1, times);
    ExitLoop other(local_stage_runners({compiled}), runner.positions, 1, times);
    const ExitPlan plan = make_exit_plan({}, runner.positions);
    Notes notes(images);
    for (int warm = 0; warm < 3; ++warm) one.run(plan, 1, notes), notes.left.clear();
    notes.due = now + std::chrono::milliseconds(6);  // a stage and its site take three of them
    other.run(plan, 1, notes);
    CHECK(notes.left.at(0).position == 1);
    CHECK(notes.late == 1);
}

TEST_CASE("a cascade: at a member's classifier a row that the next member would make late leaves, too") {
    const ExitNet small = make_exit_net(1, 1), big = make_exit_net(2, 2);
    const auto positions = list_sites({{&small.graph, &small.exits, 1000}, {&big.graph, &big.exits, 2000}});
    const std::vector<std::shared_ptr<const CompiledModel>> members = {
        CompiledModel::compile(small.graph, small.exits, {.threads = 2}),
        CompiledModel::compile(big.graph, big.exits, {.threads = 2})};
    StageTimes::TimePoint now{};
    ExitLoop loop = timed_loop(local_stage_runners(members), positions, 1,
                               [&now] { return now += std::chrono::milliseconds(1); });
    Configuration both;
    both.exits = {{0, "exit0", 2.0}};
    const ExitPlan plan = make_exit_plan(both, positions);
    const auto images = noise(1);
    Notes notes(images);
    for (int warm = 0; warm < 3; ++warm) loop.run(plan, 1, notes), notes.left.clear();
    notes.due = now + std::chrono::milliseconds(6);
    loop.run(plan, 1, notes);
    CHECK(notes.left.at(0).position == 1);
    CHECK(notes.left.at(0).type == "classifier");
    CHECK(notes.left.at(0).macs == 1000 + 40);
    CHECK(notes.late == 1);
}
