// Covers exit_loop_cuts, supply, runtime/include/dyce/cut.
// Who leaves where because of a supply: by arithmetic on its costs, and no run takes more than there is.
#include "tests/runtime/flow/exit_runner.h"

#include <doctest/doctest.h>

#include <set>

using namespace dyce;
using test::ExitNet;
using test::Left;
using test::make_exit_net;
using test::noise;
using test::Notes;
using test::Runner;

namespace {

// A tank: what runs is taken from it, and nothing is added.
class Tank final : public Supply {
public:
    Tank(const std::vector<ExitSite>& positions, double content, double stage, double head)
        : Supply(costs_of(positions, stage, head)), content_(content) {}
    double left() override { return content_; }
    void ran(std::size_t position, int head, std::size_t rows) override {
        const double cost =
            head < 0 ? costs().stages[position] : costs().heads[position][static_cast<std::size_t>(head)];
        content_ -= cost * static_cast<double>(rows);
    }
    Cut cut() const override { return Cut::kEnergy; }

private:
    static SupplyCosts costs_of(const std::vector<ExitSite>& positions, double stage, double head) {
        SupplyCosts costs;
        for (const ExitSite& position : positions) {
            costs.stages.push_back(stage);
            costs.heads.emplace_back(position.heads.size(), position.site < 0 ? 0 : head);
        }
        return costs;
    }

    double content_;
};

class Supplied final : public ExitBatch {
public:
    Supplied(std::span<const std::vector<float>> images, Supply& supply) : notes(images), supply_(supply) {}
    void fill(int member, int row, std::span<float> image) override { notes.fill(member, row, image); }
    void exit(int row, const ExitAnswer& answer) override {
        cuts[row] = answer.cut;
        notes.exit(row, answer);
    }
    Supply* supply() override { return &supply_; }
    void refuse(int row) override { CHECK(refused.insert(row).second); }

    Notes notes;
    std::map<int, Cut> cuts;
    std::set<int> refused;

private:
    Supply& supply_;
};

}  // namespace

TEST_CASE("one row goes as far as stages and heads of one joule each last") {
    const auto images = noise(1);
    Runner runner(make_exit_net(4), 1);
    const ExitPlan off = make_exit_plan({}, runner.positions);
    for (int content = 0; content < 8; ++content) {
        Tank tank(runner.positions, content, 1, 1);
        Supplied batch(images, tank);
        runner.loop.run(off, 1, batch);
        CAPTURE(content);
        if (content < 2) {  // a stage and a head
            CHECK(batch.refused == std::set<int>{0});
            CHECK(batch.notes.left.empty());
            continue;
        }
        const Left& left = batch.notes.left.at(0);
        // `content - 1` stages and a head; the fifth stage ends at the classifier, which has none to pay.
        CHECK(left.position == (content >= 5 ? 4 : content - 2));
        CHECK(batch.cuts.at(0) == (left.position == 4 ? Cut::kNone : Cut::kEnergy));
        CHECK_FALSE(left.late);
        CHECK(tank.left() >= 0);
    }
}

TEST_CASE("a head that was evaluated is not paid twice, and the answer is by it") {
    const auto images = noise(1);
    Runner runner(make_exit_net(4), 1);
    Configuration never;
    never.exits = {{0, "quad0", 2.0}, {1, "quad1", 2.0}};
    const ExitPlan plan = make_exit_plan(never, runner.positions);
    // Two stages with a head each; the third one would need two more.
    for (const int content : {4, 5}) {
        Tank tank(runner.positions, content, 1, 1);
        Supplied batch(images, tank);
        runner.loop.run(plan, 1, batch);
        CHECK(batch.notes.left.at(0).position == 1);
        CHECK(batch.notes.left.at(0).type == "quad1");
        CHECK(tank.left() == content - 4);
    }
}

TEST_CASE("whatever there is, all that begin are answered, from what there is") {
    const auto images = noise(7);
    const ExitNet small = make_exit_net(2, 1), big = make_exit_net(3, 2);
    const auto positions = list_sites({{&small.graph, &small.exits, 1000}, {&big.graph, &big.exits, 2000}});
    Configuration both;
    both.exits = {{1, "exit1", 2.0}, {3, "quad0", 2.0}};
    for (const int at_once : {1, 3, 7}) {
        const test::Members members = {
            CompiledModel::compile(small.graph, small.exits, {.max_batch = at_once, .threads = 1}),
            CompiledModel::compile(big.graph, big.exits, {.max_batch = at_once, .threads = 1})};
        ExitLoop loop(local_stage_runners(members), positions, 7);
        for (const Configuration& configuration : {Configuration{}, both}) {
            const ExitPlan plan = make_exit_plan(configuration, positions);
            int refused_before = 8;
            for (int content = 0; content < 80; ++content) {
                Tank tank(positions, content, 1, 0.5);
                Supplied batch(images, tank);
                loop.run(plan, 7, batch);
                CAPTURE(content);
                const auto refused = static_cast<int>(batch.refused.size());
                CHECK(refused + static_cast<int>(batch.notes.left.size()) == 7);
                CHECK(refused <= refused_before);
                refused_before = refused;
                CHECK(tank.left() >= 0);
            }
            CHECK(refused_before == 0);
        }
    }
}

TEST_CASE("cuts have names") {
    CHECK(std::string(name_of(Cut::kNone)) == "none");
    CHECK(std::string(name_of(Cut::kBudget)) == "budget");
    CHECK(std::string(name_of(Cut::kDeadline)) == "deadline");
    CHECK(std::string(name_of(Cut::kEnergy)) == "energy");
}
