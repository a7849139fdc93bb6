// Covers supply_costs.
// A session on a store of energy: who is answered where, and who is refused.
#include "runtime/session/energy_supply.h"

#include "runtime/session/model_access.h"
#include "runtime/session/supply_costs.h"
#include "tests/runtime/session/model_of.h"
#include "tests/support/check_throws.h"
#include "tests/support/images.h"

#include <dyce/dyce.h>

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

// Always tells the same.
struct Constant final : EnergyStore {
    explicit Constant(double left) : joules(left) {}
    double joules_left() override {
        ++asked;
        return joules;
    }
    double joules;
    int asked = 0;
};

// Stages take 1, 2, 4 J .., heads 0.5 J.
StageCosts some_costs(int sites) {
    StageCosts costs;
    for (int site = 0; site < sites; ++site)
        costs.stages.push_back(
            {site,
             static_cast<double>(1 << site),
             {{"exit" + std::to_string(site), 0.5}, {"quad" + std::to_string(site), 0.5}}});
    costs.stages.push_back({sites, static_cast<double>(1 << sites), {{"final", 0}}});
    return costs;
}

}  // namespace

TEST_CASE("energy: an image goes on as long as the store pays the next stage and its head") {
    const Model model = ModelAccess::make(model_of({3}));
    const auto images = random_images(3, 8);
    struct Row {
        double joules;
        int site;  ///< -1: refused
    };
    for (const Row& row :
         {Row{1.4, -1}, {1.5, 0}, {2.4, 0}, {2.5, 1}, {4.4, 1}, {4.5, 2}, {7.9, 2}, {8, 3}}) {
        CAPTURE(row.joules);
        const auto store = std::make_shared<Constant>(row.joules);
        Session session(model, {.threads = 1, .energy = store, .energy_costs = some_costs(3)});
        if (row.site < 0) {
            check_throws([&] { session.classify(images[0]); }, ErrorCode::kUnavailable,
                         "refused: the energy at hand");
            const Prediction refused = session.classify(images)[1];
            CHECK(refused.error.starts_with("refused"));
            CHECK(refused.cut == Cut::kEnergy);
            continue;
        }
        const Prediction answer = session.classify(images[0]);
        CHECK(answer.exit_site == row.site);
        CHECK(answer.cut == (row.site == 3 ? Cut::kNone : Cut::kEnergy));
        CHECK_FALSE(answer.late);
        CHECK(store->asked == 1 + std::min(row.site + 1, 3));
    }
}

TEST_CASE("energy: a scheduler answers that a request was refused, and counts it") {
    const auto store = std::make_shared<Constant>(0.0);
    SchedulerOptions options;
    options.engine.threads = 1;
    options.engine.energy = store;
    options.engine.energy_costs = some_costs(2);
    Scheduler scheduler(ModelAccess::make(model_of({2})), options);
    CHECK(scheduler.submit(random_images(1, 8)[0]).get().cut == Cut::kEnergy);
    store->joules = 100;
    CHECK(scheduler.submit(random_images(1, 8)[0]).get().exit_site == 2);
    scheduler.stop();
    const SchedulerReport report = scheduler.report();
    CHECK(report.submitted == 2);
    CHECK(report.unpaid == 1);
    CHECK(report.answered == 1);
    CHECK(report.refused == 0);
}

TEST_CASE("energy: costs have to tell all that can run, and nothing else") {
    const auto positions = model_of({2})->positions();
    const auto refused = [&](const StageCosts& costs, const std::string& piece) {
        check_throws([&] { supply_costs(costs, positions, "energy_costs"); }, ErrorCode::kUsage, piece,
                     "energy_costs");
    };
    StageCosts costs = some_costs(2);
    CHECK(supply_costs(costs, positions, "energy_costs").stages == std::vector<double>{1, 2, 4});
    costs.stages[1].cost = -1;
    refused(costs, "site 1 costs -1.0");
    costs = some_costs(2);
    costs.stages[1].heads[0].cost = std::numeric_limits<double>::quiet_NaN();
    refused(costs, "site 1 costs nan");
    costs = some_costs(2);
    costs.stages.erase(costs.stages.begin());
    refused(costs, "site 0 is missing");
    costs = some_costs(2);
    costs.stages[0].heads.pop_back();
    refused(costs, "its head quad0");
    refused(some_costs(3), "its head final");
    costs = some_costs(2);
    costs.stages.push_back({3, 1, {}});
    refused(costs, "site 3 is not one of the model's");
    // Without heads at a site its way belongs to the next one.
    auto fewer = positions;
    fewer[0].heads.clear();
    CHECK(supply_costs(some_costs(2), fewer, "energy_costs").stages == std::vector<double>{0, 3, 4});
    // A gate there, or before it, lets rows run one stage without the other.
    fewer[0].gate = ExitSite::Gate{2, 0, 0, 0.5};
    CHECK(supply_costs(some_costs(2), fewer, "energy_costs").stages == std::vector<double>{1, 2, 4});
    fewer[1].heads.clear();
    CHECK(supply_costs(some_costs(2), fewer, "energy_costs").stages == std::vector<double>{1, 2, 4});
    costs = some_costs(2);
    costs.stages.erase(costs.stages.begin() + 1);
    check_throws([&] { supply_costs(costs, fewer, "energy_costs"); }, ErrorCode::kUsage, "site 1 is missing",
                 "energy_costs");
    CHECK_THROWS_AS(Session(ModelAccess::make(model_of({2})), {.energy = std::make_shared<Constant>(1)}),
                    Error);
}
