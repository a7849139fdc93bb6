// Covers carried_values, runtime/exec/{local_stage_runner, plain_carry}.
// Whoever runs the stages, answers are the same to the bit: the compiled network in one place, the interpreter
// row by row, and two runners that hand the rows to each other at every point.
#include "runtime/core/onednn/compat.h"
#include "runtime/exec/compiled_model.h"
#include "tests/runtime/flow/member_nets.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

constexpr int kRows = 16;

std::vector<MemberNets> networks() {
    std::vector<MemberNets> all;
    all.emplace_back(std::vector{make_exit_net(3)});
    all.emplace_back(std::vector{make_branching_net()});
    all.push_back(cascade_nets());
    return all;
}

void check_relay(const MemberNets& nets, const CompileOptions& options) {
    const Members members = nets.compile(options);
    const Images images = noise(kRows);
    ExitLoop local(local_stage_runners(members), nets.positions, kRows);
    ExitLoop relay(relayed(local_stage_runners(members), local_stage_runners(members)), nets.positions,
                   kRows);
    std::mt19937 random(3);
    std::vector<int> left_at(nets.positions.size(), 0);
    for (int batch = 1; batch <= kRows; ++batch)
        for (int round = 0; round < 3; ++round) {
            const auto plans = random_plans(random, images.size(), nets.positions);
            const auto expected = answers(local, plans, images, static_cast<std::size_t>(batch));
            CHECK(answers(relay, plans, images, static_cast<std::size_t>(batch)) == expected);
            for (const Left& left : expected) ++left_at[static_cast<std::size_t>(left.position)];
        }
    for (const int count : left_at) CHECK(count > 0);  // the case means something
}

}  // namespace

TEST_CASE("stage runners name their points: the sites that have heads, then the classifier") {
    ExitNet net = make_exit_net(4);
    std::erase_if(net.exits.heads, [](const ExitHead& head) { return head.site % 2 == 0; });
    const MemberNets nets({net});
    const auto check = [](const StageRunner& runner) {
        REQUIRE(runner.points().size() == 3);
        CHECK(runner.points()[0].local_site == 1);
        CHECK(runner.points()[1].local_site == 3);
        CHECK(runner.points()[2].local_site == -1);
        for (int p = 0; p < 2; ++p) {
            const auto& values = runner.points()[static_cast<std::size_t>(p)].values;
            REQUIRE(values.size() == 1);
            CHECK(values[0].row == Shape{8, 8, 8});
        }
        CHECK(runner.points()[2].values.empty());
    };
    check(*local_stage_runners(nets.compile({.max_batch = 4}))[0]);
    check(*nets.interpreted(4)[0]);
    const MemberNets branching({make_branching_net()});
    CHECK(local_stage_runners(branching.compile({.max_batch = 4}))[0]->points()[0].values.size() == 2);
    CHECK(branching.interpreted(4)[0]->points()[0].values.size() == 2);
}

TEST_CASE("stage runners: compiled with plain loops a network answers as the interpreter does, bit by bit") {
    const Images images = noise(kRows);
    for (const MemberNets& nets : networks()) {
        const Members members = nets.compile({.max_batch = kRows, .threads = 2, .reference_kernels = true});
        ExitLoop compiled(local_stage_runners(members), nets.positions, kRows);
        ExitLoop interpreted(nets.interpreted(kRows), nets.positions, kRows);
        ExitLoop by_turns(relayed(local_stage_runners(members), nets.interpreted(kRows)), nets.positions,
                          kRows);
        std::mt19937 random(5);
        for (const std::size_t batch : {1u, 3u, 7u, 16u}) {
            const auto plans = random_plans(random, images.size(), nets.positions);
            const auto expected = answers(interpreted, plans, images, batch);
            CHECK(answers(compiled, plans, images, batch) == expected);
            CHECK(answers(by_turns, plans, images, batch) == expected);
        }
    }
}

TEST_CASE("stage runners: rows that change hands at every point answer as those that stay, bit by bit") {
    for (const MemberNets& nets : networks()) {
        check_relay(nets, {.max_batch = kRows, .threads = 2});
        check_relay(nets, {.max_batch = 5, .threads = 2});  // chunk by chunk
        if (onednn::has_bfloat16())
            check_relay(nets, {.max_batch = kRows, .threads = 2, .precision = Precision::kBfloat16});
    }
}

TEST_CASE("stage runners: rows held in scaled integers change hands to the bit, too") {
    if (!onednn::has_int8_products()) {
        MESSAGE("skipped: no AVX-512 VNNI instructions");
        return;
    }
    const CompileOptions options{.max_batch = kRows, .threads = 2, .precision = Precision::kInt8};
    const MemberNets nets({quantized(make_exit_net(3))});
    const auto compiled = nets.compile(options);
    const auto& parts = compiled[0]->data().batch_plans[0].parts;
    REQUIRE(parts[0].carries.size() == 1);
    CHECK(is_int8(parts[0].carries[0].desc));
    CHECK(parts[0].carries[0].scale == 0.043f);
    check_relay(nets, options);
}

TEST_CASE("stage runners: under deadlines the same rows are late, and exit by the same heads") {
    using Time = ExitBatch::Clock::time_point;
    const Images images = noise(kRows);
    for (const MemberNets& nets : networks()) {
        const Members members = nets.compile({.max_batch = kRows, .threads = 2, .reference_kernels = true});
        Configuration all;  // every member runs to its end
        for (std::size_t p = 0; p + 1 < nets.positions.size(); ++p)
            all.exits.push_back({static_cast<int>(p), nets.positions[p].heads[0].type, 2});
        const auto through = std::make_shared<const ExitPlan>(make_exit_plan(all, nets.positions));
        const auto run = [&](StageRunners runners, unsigned seed) {
            std::mt19937 random(seed);
            Observed observed;
            ExitLoop loop = timed_loop(observed_runners(std::move(runners), observed), nets.positions, kRows,
                                       [&observed] { return observed.now; });
            for (int warm = 0; warm < 3; ++warm)
                answers(loop, std::vector(images.size(), through), images, kRows);
            const auto plans = random_plans(random, images.size(), nets.positions);
            std::vector<Time> dues;
            for (std::size_t i = 0; i < images.size(); ++i)
                dues.push_back(i % 5 == 0
                                   ? Time::max()
                                   : observed.now + std::chrono::microseconds(500 + 1000 * (random() % 8)));
            return answers(loop, plans, images, kRows, dues);
        };
        int late = 0;
        for (unsigned seed = 1; seed <= 6; ++seed) {
            const auto expected = run(local_stage_runners(members), seed);
            CHECK(run(relayed(local_stage_runners(members), local_stage_runners(members)), seed) == expected);
            CHECK(run(nets.interpreted(kRows), seed) == expected);
            for (const Left& left : expected) late += left.late ? 1 : 0;
        }
        CHECK(late > 6);
        CHECK(late < 6 * kRows);
    }
}

TEST_CASE("stage runners: as many rows as go through the network together, no more and no fewer than one") {
    const MemberNets nets({make_exit_net(2)});
    const auto runner = std::move(local_stage_runners(nets.compile({.max_batch = 4}))[0]);
    CHECK_THROWS_WITH_AS(runner->begin(0), doctest::Contains("0 given, expected 1 to 4"), Error);
    CHECK_THROWS_WITH_AS(runner->begin(5), doctest::Contains("5 given, expected 1 to 4"), Error);
    CHECK_THROWS_WITH_AS(runner->import_rows(0, 5, {}), doctest::Contains("5 given, expected 1 to 4"), Error);
}
