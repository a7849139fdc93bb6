// Rows of one batch under plans of their own: each answers as it does alone.
#include "runtime/core/onednn/compat.h"
#include "tests/runtime/flow/member_nets.h"
#include "tests/support/allocations.h"

#include <doctest/doctest.h>

#include <set>

using namespace dyce;
using namespace dyce::test;

namespace {

using Plans = std::vector<std::shared_ptr<const ExitPlan>>;
using Time = ExitBatch::Clock::time_point;

std::shared_ptr<const ExitPlan> plan_of(const std::vector<EnabledExit>& exits, const MemberNets& nets) {
    Configuration configuration;
    configuration.exits = exits;
    return std::make_shared<const ExitPlan>(make_exit_plan(configuration, nets.positions));
}

// Each image under its plan by itself, one configuration for the whole run.
std::vector<Left> alone(ExitLoop& loop, const Plans& plans, const Images& images) {
    std::vector<Left> all;
    for (std::size_t i = 0; i < images.size(); ++i) {
        Notes notes{std::span(images).subspan(i, 1)};
        loop.run(*plans[i], 1, notes);
        all.push_back(notes.left.at(0));
    }
    return all;
}

}  // namespace

TEST_CASE("plans per row: a batch of many configurations answers as separate calls do, bit by bit") {
    const Images images = noise(37);
    std::vector<MemberNets> networks;
    networks.emplace_back(std::vector{make_exit_net(5)});
    networks.push_back(cascade_nets());
    networks.emplace_back(std::vector{make_exit_net(1, 1), make_exit_net(2, 2), make_exit_net(2, 3)});
    for (const MemberNets& nets : networks)
        for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
            if (precision == Precision::kBfloat16 && !onednn::has_bfloat16()) continue;
            const auto loop_of = [&](int max_batch, int at_once) {
                return ExitLoop(local_stage_runners(nets.compile(
                                    {.max_batch = at_once, .threads = 2, .precision = precision})),
                                nets.positions, max_batch);
            };
            ExitLoop one = loop_of(1, 1);
            std::mt19937 random(17);
            std::set<int> left_at;
            for (const auto& [batch, at_once] :
                 {std::pair{2, 2}, std::pair{7, 3}, std::pair{16, 16}, std::pair{37, 37}, std::pair{37, 8}}) {
                ExitLoop many = loop_of(batch, at_once);
                for (int round = 0; round < 3; ++round) {
                    const Plans plans = random_plans(random, images.size(), nets.positions);
                    const auto expected = alone(one, plans, images);
                    CHECK(answers(many, plans, images, static_cast<std::size_t>(batch)) == expected);
                    for (const Left& left : expected) left_at.insert(left.position);
                }
            }
            CHECK(left_at.size() == nets.positions.size());
        }
}

TEST_CASE("plans per row: earliest and latest, two heads of one site, a member for some rows only") {
    const MemberNets nets = cascade_nets();  // sites 0, classifier 1, sites 2 to 4, final 5
    const Plans kinds = {plan_of({}, nets),
                         plan_of({{0, "exit0", -1}}, nets),
                         plan_of({{0, "quad0", -1}}, nets),
                         plan_of({{0, "exit0", 2}, {1, "classifier", -1}}, nets),
                         plan_of({{2, "exit0", -1}}, nets),
                         plan_of({{4, "quad2", -1}}, nets),
                         plan_of({{0, "quad0", 2}, {3, "exit1", 2}}, nets)};
    const std::int64_t small = 1000, big = 2000, exit = 40, quad = 160;
    const auto at = [&](int site) { return nets.positions[static_cast<std::size_t>(site)].macs; };
    const struct {
        int position;
        const char* type;
        std::int64_t macs;
    } expected[] = {{5, "final", big},
                    {0, "exit0", at(0) + exit},
                    {0, "quad0", at(0) + quad},
                    {1, "classifier", small + exit},
                    {2, "exit0", at(2) + exit},
                    {4, "quad2", at(4) + quad},
                    {5, "final", small + big + quad + exit}};
    Observed observed;
    ExitLoop loop(
        observed_runners(local_stage_runners(nets.compile({.max_batch = 14, .threads = 2})), observed),
        nets.positions, 14);
    const Images images = noise(14);
    Plans plans = kinds;
    plans.insert(plans.end(), kinds.rbegin(), kinds.rend());
    const auto left = answers(loop, plans, images, 14);
    for (std::size_t i = 0; i < left.size(); ++i) {
        CAPTURE(i);
        const auto& row = expected[i < kinds.size() ? i : 2 * kinds.size() - 1 - i];
        CHECK(left[i].position == row.position);
        CHECK(left[i].type == row.type);
        CHECK(left[i].macs == row.macs);
    }
    CHECK(observed.stages == 2 + 4);
    // By the members' own counts: exit0, quad0 and the classifier of the first; exit0, exit1, quad2 and the
    // classifier of the second.
    CHECK(observed.heads == std::map<int, int>{{-1, 2}, {0, 2}, {1, 1}, {2, 1}, {5, 1}});
}

TEST_CASE("plans per row: a member that no row's plan needs does not run, and no stage without rows") {
    const MemberNets nets = cascade_nets();
    Observed observed;
    ExitLoop loop(observed_runners(local_stage_runners(nets.compile({.max_batch = 4})), observed),
                  nets.positions, 4);
    const Images images = noise(4);
    answers(loop, Plans(4, plan_of({}, nets)), images, 4);
    CHECK(observed.stages == 4);
    observed.stages = 0;
    answers(loop,
            {plan_of({{0, "exit0", -1}}, nets), plan_of({{0, "quad0", -1}}, nets),
             plan_of({{2, "exit0", -1}}, nets), plan_of({{3, "quad1", -1}}, nets)},
            images, 4);
    CHECK(observed.stages == 1 + 2);
}

TEST_CASE("plans per row: under deadlines of their own rows answer as alone, late ones by their own heads") {
    const MemberNets nets({make_exit_net(5)});
    const Images images = noise(16);
    const Members members = nets.compile({.max_batch = 16, .threads = 2});
    // As long as a stage takes the same whoever is in it, the clock tells each row the same.
    const auto run = [&](const Plans& plans, std::span<const std::vector<float>> some,
                         const std::vector<std::chrono::microseconds>& times) {
        Observed observed;
        ExitLoop loop = timed_loop(observed_runners(local_stage_runners(members), observed), nets.positions,
                                   16, [&observed] { return observed.now; });
        const Images own(some.begin(), some.end());
        for (int warm = 0; warm < 3; ++warm) answers(loop, Plans(own.size(), plan_of({}, nets)), own, 16);
        std::vector<Time> dues;
        for (const auto& time : times) dues.push_back(observed.now + time);
        return answers(loop, plans, own, 16, dues);
    };
    std::mt19937 random(23);
    int late = 0;
    for (int round = 0; round < 6; ++round) {
        Plans plans = random_plans(random, images.size(), nets.positions);
        for (std::size_t i = 0; i < 6;
             ++i)  // evaluated at the same sites, by different heads, and never sure
            plans[i] = plan_of(
                {{1, i % 2 != 0 ? "exit1" : "quad1", 2}, {3, i % 3 != 0 ? "exit3" : "quad3", 2}}, nets);
        std::vector<std::chrono::microseconds> times;
        for (std::size_t i = 0; i < images.size(); ++i)
            times.emplace_back(500 + 1000 * static_cast<int>(random() % 8));
        const auto together = run(plans, images, times);
        for (std::size_t i = 0; i < images.size(); ++i) {
            CAPTURE(i);
            CHECK(together[i] == run({plans[i]}, std::span(images).subspan(i, 1), {times[i]})[0]);
            late += together[i].late ? 1 : 0;
        }
    }
    CHECK(late > 20);
    CHECK(late < 6 * 16);
}

TEST_CASE("plans per row allocate nothing") {
    const MemberNets nets = cascade_nets();
    ExitLoop loop(local_stage_runners(nets.compile({.max_batch = 8, .threads = 2})), nets.positions, 8);
    std::mt19937 random(2);
    const Plans plans = random_plans(random, 8, nets.positions);
    std::vector<const ExitPlan*> own;
    for (const auto& plan : plans) own.push_back(plan.get());
    class Silent final : public ExitBatch {
    public:
        void fill(int, int row, std::span<float> image) override {
            std::fill(image.begin(), image.end(), 0.1f * static_cast<float>(row));
        }
        void exit(int, const ExitAnswer&) override {}
    } silent;
    const auto allocations = [&](int times) {
        const auto before = allocation_count();
        for (int i = 0; i < times; ++i) loop.run(own, silent);
        return allocation_count() - before;
    };
    allocations(4);  // oneDNN's own first-time work
    CHECK(allocations(20) == 2 * allocations(10));
    const ExitPlan& same = *plans[0];
    const auto before = allocation_count();
    loop.run(same, 8, silent);
    const auto of_one_plan = allocation_count() - before;
    const std::vector<const ExitPlan*> repeated(8, &same);
    const auto again = allocation_count();
    loop.run(repeated, silent);
    CHECK(allocation_count() - again == of_one_plan);
}
