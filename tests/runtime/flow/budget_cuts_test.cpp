// Covers exit_loop_cuts.
// Budgets beside deadlines and a supply; what a run allocates.
#include "tests/runtime/flow/budgeted_rows.h"
#include "tests/support/allocations.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

TEST_CASE("budget: one that never binds changes nothing, under deadlines too") {
    const MemberNets nets = two_members();
    const Images images = noise(16);
    std::mt19937 random(8);
    const SupplyCosts times = made_up_times(nets.positions);
    const auto run = [&](const std::vector<BudgetedRow>& rows, int deadline_ms) {
        Observed observed;
        StageRunners runners =
            observed_runners(local_stage_runners(nets.compile({.max_batch = 16, .threads = 1})), observed);
        ExitLoop loop = timed_loop(std::move(runners), nets.positions, 16, [&] { return observed.now; });
        std::vector<ExitPlan> plans;
        std::vector<const ExitPlan*> own;
        for (const BudgetedRow& row : rows)
            plans.push_back(make_exit_plan(row.configuration, nets.positions));
        for (const ExitPlan& plan : plans) own.push_back(&plan);
        const auto pointed = pointers(rows);
        for (int warm = 0; warm < 2; ++warm) {  // times are learnt
            BudgetedBatch batch(images, pointed, &times);
            loop.run(own, batch);
        }
        BudgetedBatch batch(images, pointed, &times);
        batch.due = observed.now + std::chrono::microseconds(1000 * deadline_ms + 500);
        loop.run(own, batch);
        return std::pair(batch.left, batch.cuts);
    };
    std::size_t late = 0;
    for (const int deadline_ms : {1, 3, 5, 1000}) {
        std::vector<BudgetedRow> rows, limited;
        for (std::size_t i = 0; i < 16; ++i) {
            Configuration configuration = some_exits(random, nets.positions);
            configuration.best_heads = std::make_shared<const BestHeads>(
                BestHeads{{{0, "quad0"}, {1, "exit1"}, {3, "quad0"}, {4, "quad1"}}, "quad2"});
            rows.push_back({configuration, 0, 0, i});
            limited.push_back({configuration, std::int64_t{1} << 40, 1e6, i});
        }
        const auto expected = run(rows, deadline_ms);
        CHECK(run(limited, deadline_ms) == expected);
        for (const auto& [row, cut] : expected.second) late += cut == Cut::kDeadline ? 1 : 0;
    }
    CHECK(late > 10);
}

TEST_CASE("budget: a late image answers by the best head of its site only if that can be paid") {
    const MemberNets nets = two_members();
    const Images images = noise(1);
    Configuration configuration;
    configuration.best_heads = std::make_shared<const BestHeads>(BestHeads{{}, "quad0"});
    const ExitPlan plan = make_exit_plan(configuration, nets.positions);
    struct Row {
        std::int64_t macs;
        const char* type;
        Cut cut;
    };
    const std::int64_t site = backbone_to(3), next = backbone_to(4) + kExit;
    // What does not even reach the next site is the budget's, whose head is the cheapest.
    for (const Row& row : {Row{next, "quad0", Cut::kDeadline},
                           {next - 1, "exit0", Cut::kBudget},
                           {site + kExit, "exit0", Cut::kBudget}}) {
        ExitLoop loop(local_stage_runners(nets.compile({.max_batch = 1, .threads = 1})), nets.positions, 1);
        const BudgetedRow budgeted{configuration, row.macs, 0, 0};
        const BudgetedRow* pointed = &budgeted;
        BudgetedBatch batch(images, {&pointed, 1}, nullptr);
        batch.due = ExitBatch::Clock::now() - std::chrono::hours(1);
        loop.run(plan, 1, batch);
        CHECK(batch.left.at(0).position == 3);
        CHECK(batch.left.at(0).type == row.type);
        CHECK(batch.cuts.at(0) == row.cut);
        CHECK(batch.left.at(0).late);
    }
    // A site whose best head alone is dearer than the way to the next one.
    auto costly = nets.positions;
    for (ExitSite::Head& head : costly[3].heads)
        if (head.type == "quad0") head.macs = 1'000'000;
    ExitLoop loop(local_stage_runners(nets.compile({.max_batch = 1, .threads = 1})), costly, 1);
    const BudgetedRow budgeted{configuration, next, 0, 0};
    const BudgetedRow* pointed = &budgeted;
    BudgetedBatch batch(images, {&pointed, 1}, nullptr);
    batch.due = ExitBatch::Clock::now() - std::chrono::hours(1);
    loop.run(make_exit_plan(configuration, costly), 1, batch);
    CHECK(batch.left.at(0).type == "exit0");
    CHECK(batch.cuts.at(0) == Cut::kDeadline);
    CHECK(batch.left.at(0).macs == site + kExit);
}

namespace {

// Joules as milliseconds above, taken from what there is.
class BudgetTank final : public Supply {
public:
    BudgetTank(const std::vector<ExitSite>& positions, double content)
        : Supply(made_up_times(positions)), content_(content) {}
    double left() override { return content_; }
    void ran(std::size_t position, int head, std::size_t rows) override {
        content_ -=
            static_cast<double>(rows) *
            (head < 0 ? costs().stages[position] : costs().heads[position][static_cast<std::size_t>(head)]);
    }
    Cut cut() const override { return Cut::kEnergy; }

private:
    double content_;
};

}  // namespace

TEST_CASE("budget, deadline and energy together: all are kept, and each image tells which one cut it") {
    const MemberNets nets = two_members();
    const Images images = noise(16);
    const SupplyCosts times = made_up_times(nets.positions);
    std::mt19937 random(9);
    std::map<Cut, int> seen;
    for (const int at_once : {4, 16}) {
        Observed observed;
        StageRunners runners = observed_runners(
            local_stage_runners(nets.compile({.max_batch = at_once, .threads = 1})), observed);
        ExitLoop loop = timed_loop(std::move(runners), nets.positions, 16, [&] { return observed.now; });
        for (int round = 0; round < 300; ++round) {
            std::vector<BudgetedRow> rows;
            std::vector<ExitPlan> plans;
            std::vector<const ExitPlan*> own;
            for (std::size_t i = 0; i < 16; ++i) {
                const Configuration configuration = some_exits(random, nets.positions);
                rows.push_back({configuration, some_budget(random, configuration), 0, i});
                if (i % 4 == 0) rows.back().macs = 0;
                if (i % 4 == 1) rows.back().ms = 2 + 0.25 * static_cast<double>(random() % 30);
                plans.push_back(make_exit_plan(configuration, nets.positions));
            }
            for (const ExitPlan& plan : plans) own.push_back(&plan);
            const auto pointed = pointers(rows);
            BudgetTank tank(nets.positions, static_cast<double>(random() % 110));
            BudgetedBatch batch(images, pointed, &times);
            batch.store = &tank;
            batch.due = observed.now + std::chrono::microseconds(1000 * (1 + random() % 40) + 500);
            loop.run(own, batch);
            REQUIRE(batch.left.size() + batch.refused.size() == 16);
            REQUIRE(tank.left() >= 0);
            for (const auto& [row, left] : batch.left) {
                const BudgetedRow& one = rows[static_cast<std::size_t>(row)];
                const Expected furthest = expected_of(one);
                if (one.macs > 0) REQUIRE(left.macs <= one.macs);
                REQUIRE(left.position <= furthest.position);
                if (batch.cuts.at(row) == Cut::kBudget) REQUIRE(left.macs == furthest.macs);
                ++seen[batch.cuts.at(row)];
            }
        }
    }
    for (const Cut cut : {Cut::kNone, Cut::kBudget, Cut::kDeadline, Cut::kEnergy}) CHECK(seen[cut] > 100);
}

TEST_CASE("budget: a run allocates nothing for it") {
    TwoMembers two(16, 16);
    class Silent final : public ExitBatch {
    public:
        Silent(const SupplyCosts& times, std::int64_t macs) : times_(times), macs_(macs) {}
        void fill(int, int row, std::span<float> p) override {
            std::ranges::fill(p, 0.1f * static_cast<float>(row));
        }
        void exit(int, const ExitAnswer& answer) override { cut += answer.cut == Cut::kBudget ? 1 : 0; }
        Budget budget(int row) const override {
            Budget budget;
            budget.macs = macs_ + 40'000 * row;
            if (row % 3 == 0) budget.ms = 3 + row, budget.times = &times_;
            return budget;
        }
        int cut = 0;

    private:
        const SupplyCosts& times_;
        std::int64_t macs_;
    };
    Configuration never;
    never.exits = {{0, "exit0", 2}, {2, "classifier", 2}, {4, "quad1", 2}};
    const ExitPlan plan = two.plan_of(never);
    Silent silent(two.times, backbone_to(0) + kExit);
    const auto allocations = [&](int times) {
        const auto before = allocation_count();
        for (int i = 0; i < times; ++i) two.loop.run(plan, 16, silent);
        return allocation_count() - before;
    };
    allocations(40);  // oneDNN's own first-time work, in every bucket
    CHECK(silent.cut > 0);
    CHECK(allocations(20) == 2 * allocations(10));
}
