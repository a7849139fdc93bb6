// Who leaves where because of a budget, and by which head.
#include "runtime/flow/budget.h"

#include "tests/runtime/flow/budgeted_rows.h"

#include <doctest/doctest.h>

#include <numeric>
#include <set>

using namespace dyce;
using namespace dyce::test;

TEST_CASE("budget: of 10^4 none is exceeded, and each image leaves where the rule says, as it leaves alone") {
    TwoMembers two(32, 32);
    std::mt19937 random(5);
    std::set<int> cut_at;
    std::size_t cut = 0, own = 0;
    for (int round = 0; round < 320; ++round) {
        std::vector<BudgetedRow> rows;
        std::vector<BudgetedRow> free;
        for (std::size_t i = 0; i < 32; ++i) {
            const Configuration configuration = some_exits(random, two.nets.positions);
            rows.push_back({configuration, some_budget(random, configuration), 0, random() % 32});
            free.push_back({configuration, 0, 0, rows.back().image});
        }
        const auto answers = two.run(pointers(rows), 32);
        const auto unlimited = two.run(pointers(free), 32);
        for (std::size_t i = 0; i < 32; ++i) {
            const auto& [left, reason] = answers[i];
            const Expected expected = expected_of(rows[i]);
            CAPTURE(rows[i].macs);
            REQUIRE(expected.position >= 0);
            REQUIRE(left.macs <= rows[i].macs);
            if (unlimited[i].left.position <= expected.position) {
                REQUIRE(left == unlimited[i].left);
                REQUIRE(reason == Cut::kNone);
                ++own;
                continue;
            }
            REQUIRE(reason == Cut::kBudget);
            REQUIRE(left.position == expected.position);
            REQUIRE(left.type == expected.type);
            REQUIRE(left.macs == expected.macs);
            REQUIRE(left.logits == two.logits_at(rows[i].image, left.position, left.type));
            REQUIRE_FALSE(left.late);
            cut_at.insert(left.position);
            ++cut;
        }
    }
    std::string where;
    for (const int position : cut_at) where += std::to_string(position) + " ";
    CHECK(where == "0 1 2 3 4 ");  // behind site 5 the final exit takes no more than the cheapest head there
    CHECK(cut > 2000);
    CHECK(own > 2000);
}

TEST_CASE("budget: milliseconds by a table, and both together") {
    TwoMembers two(32, 32);
    std::mt19937 random(6);
    std::size_t cut = 0, tighter_macs = 0, tighter_ms = 0;
    for (int round = 0; round < 60; ++round) {
        std::vector<BudgetedRow> rows, free;
        for (std::size_t i = 0; i < 32; ++i) {
            const Configuration configuration = some_exits(random, two.nets.positions);
            BudgetedRow row{configuration, 0, 1.5 + 0.25 * static_cast<double>(random() % 36), i};
            if (random() % 2 == 0) row.macs = some_budget(random, configuration);
            rows.push_back(row);
            free.push_back({configuration, 0, 0, i});
        }
        const auto answers = two.run(pointers(rows), 32);
        const auto unlimited = two.run(pointers(free), 32);
        for (std::size_t i = 0; i < 32; ++i) {
            const Expected expected = expected_of(rows[i]);
            REQUIRE(expected.position >= 0);
            if (unlimited[i].left.position <= expected.position) {
                REQUIRE(answers[i].left == unlimited[i].left);
                continue;
            }
            CAPTURE(rows[i].macs);
            CAPTURE(rows[i].ms);
            REQUIRE(answers[i].cut == Cut::kBudget);
            REQUIRE(answers[i].left.position == expected.position);
            REQUIRE(answers[i].left.type == expected.type);
            REQUIRE(answers[i].left.macs == expected.macs);
            ++cut;
            if (rows[i].macs == 0) continue;
            BudgetedRow one = rows[i];
            one.ms = 0;
            tighter_ms += expected_of(one).position > expected.position ? 1 : 0;
            one = rows[i];
            one.macs = 0;
            tighter_macs += expected_of(one).position > expected.position ? 1 : 0;
        }
    }
    CHECK(cut > 400);
    CHECK(tighter_ms > 50);
    CHECK(tighter_macs > 50);
}

TEST_CASE("budget: answers do not depend on the batch, nor on who else is in it") {
    std::mt19937 random(7);
    TwoMembers alone(1, 1);
    std::vector<BudgetedRow> rows;
    for (std::size_t i = 0; i < 64; ++i) {
        const Configuration configuration = some_exits(random, alone.nets.positions);
        BudgetedRow row{configuration, 0, 0, i % 32};
        if (random() % 3 != 0) row.macs = some_budget(random, configuration);
        if (random() % 3 == 0) row.ms = 2 + 0.25 * static_cast<double>(random() % 30);
        rows.push_back(row);
    }
    const auto expected = alone.run(pointers(rows), 1);
    for (const auto& [batch, at_once] :
         {std::pair{7, 7}, std::pair{32, 32}, std::pair{32, 5}, std::pair{64, 16}}) {
        TwoMembers many(batch, at_once);
        std::vector<std::size_t> order(rows.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        for (int turn = 0; turn < 4; ++turn) {
            std::vector<const BudgetedRow*> turned;
            for (const std::size_t i : order) turned.push_back(&rows[i]);
            const auto answers = many.run(turned, static_cast<std::size_t>(batch));
            for (std::size_t i = 0; i < order.size(); ++i) {
                REQUIRE(answers[i].left == expected[order[i]].left);
                REQUIRE(answers[i].cut == expected[order[i]].cut);
            }
            std::ranges::shuffle(order, random);
        }
    }
}

TEST_CASE("budget: the least is what the first answer takes") {
    const MemberNets nets = two_members();
    const SupplyCosts times = made_up_times(nets.positions);
    Budget macs, ms, both;
    macs.macs = both.macs = 1;
    ms.ms = both.ms = 1;
    ms.times = both.times = &times;
    const auto least = [&](const Budget& budget, const std::vector<EnabledExit>& exits) {
        Configuration configuration;
        configuration.exits = exits;
        return first_answer_cost(budget, make_exit_plan(configuration, nets.positions), nets.positions);
    };
    CHECK(least(macs, {}).macs == backbone_to(3) + kExit);
    CHECK(least(macs, {{4, "quad1", 0.5}}).macs == backbone_to(3) + kExit);
    CHECK(least(macs, {{2, "classifier", 0.5}}).macs == backbone_to(0) + kExit);
    CHECK(least(macs, {{0, "quad0", 0.5}}).macs == backbone_to(0) + kQuad);
    CHECK(least(ms, {}).ms == 1.25);
    CHECK(least(both, {}).ms == 1.5);  // by the head with the fewest multiply-adds
    CHECK(least(ms, {{3, "exit0", 0.5}}).ms == 1.5);
}
