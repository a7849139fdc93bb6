// Covers equal_risk, few_exits, risk_curve, robust_candidates.
// From found solutions to what is kept and promised.
#include "search/methods/front.h"

#include "search/methods/binomial.h"
#include "tests/search/methods/random_record.h"

#include <doctest/doctest.h>

#include <algorithm>

using namespace dyce;
using namespace dyce::test;

namespace {

struct Searched {
    explicit Searched(unsigned seed, const Rating& rating = {})
        : record(random_record(seed, 200)), costs(macs_table(record.meta)), space(record, 0, costs, 1) {
        std::vector<std::string> notices;
        objectives = make_objectives(record, costs, LambdaRange{0.5, 1, 0.02}.values(), false, &notices);
        found = search_methods::circular.run(space, objectives, 1);
        found.others = search_methods::one_pass.run(space, objectives, 1).by_lambda;
        rated = rate(found.by_lambda, LambdaRange{0.5, 1, 0.02}.values(), record, costs, rating);
    }

    Record record;
    CostTable costs;
    SearchSpace space;
    std::vector<Objective> objectives;
    SearchResult found;
    std::vector<RatedConfiguration> rated;
};

// Seeds whose backbone is right somewhere, so that there is something to search for.
bool has_right_answers(unsigned seed) {
    const Record record = random_record(seed, 200);
    for (std::size_t i = 0; i < record.images; ++i)
        if (record.columns.back().predictions[i] == record.labels[i]) return true;
    return false;
}

}  // namespace

TEST_CASE("the front keeps what no other beats, by rising cost and rising accuracy") {
    for (unsigned seed = 0; seed < 40; ++seed) {
        if (!has_right_answers(seed)) continue;
        CAPTURE(seed);
        const Searched searched(seed);
        const auto front = pareto_front(searched.rated);
        REQUIRE(!front.empty());
        CHECK(front.front().name == "c000");
        for (std::size_t i = 1; i < front.size(); ++i) {
            CHECK(front[i].cost > front[i - 1].cost);
            CHECK(front[i].accuracy_low > front[i - 1].accuracy_low);
        }
        for (const RatedConfiguration& any : searched.rated)
            CHECK(std::any_of(front.begin(), front.end(), [&](const Configuration& kept) {
                return kept.cost <= any.configuration.cost &&
                       kept.accuracy_low >= any.configuration.accuracy_low;
            }));
    }
}

TEST_CASE("a conservative estimate counts each exit by what its exiting prove") {
    for (unsigned seed = 0; seed < 20; ++seed) {
        if (!has_right_answers(seed)) continue;
        CAPTURE(seed);
        const Searched searched(seed, Rating{.conservative = true});
        for (const RatedConfiguration& one : searched.rated) {
            double low = 0;
            for (const Simulation::Exit& exit : one.simulation.exits) {
                const auto n = static_cast<double>(exit.images), k = static_cast<double>(exit.correct);
                if (n > 0) low += n * beta_quantile(1 + k, 1 + n - k, 0.1);
            }
            CHECK(one.configuration.accuracy_low ==
                  doctest::Approx(low / static_cast<double>(searched.record.images)));
        }
    }
}

TEST_CASE("a conservative search has the lowest conservative objective of all that was found") {
    for (unsigned seed = 0; seed < 20; ++seed) {
        if (!has_right_answers(seed)) continue;
        CAPTURE(seed);
        const Rating rating{.conservative = true};
        Searched searched(seed, rating);
        const auto images = static_cast<double>(searched.record.images);
        const auto others = rate(searched.found.others, {}, searched.record, searched.costs, rating);
        choose_conservatively(searched.found, searched.objectives, searched.record, searched.costs, rating);
        const auto chosen = rate(searched.found.by_lambda, {}, searched.record, searched.costs, rating);
        const auto value = [&](std::size_t l, const Configuration& c) {
            return searched.objectives[l](c.accuracy_low * images, c.cost * images);
        };
        for (std::size_t l = 0; l < searched.objectives.size(); ++l) {
            for (const auto& other : others)
                CHECK(value(l, chosen[l].configuration) <= value(l, other.configuration) + 1e-9);
            for (const auto& own : searched.rated)
                CHECK(value(l, chosen[l].configuration) <= value(l, own.configuration) + 1e-9);
        }
    }
}

TEST_CASE("a promise is tested from the most expensive configuration down to the first that fails") {
    std::size_t kept_some = 0, dropped_some = 0;
    for (unsigned seed = 0; seed < 60; ++seed) {
        if (!has_right_answers(seed)) continue;
        CAPTURE(seed);
        const Searched searched(seed);
        const auto front = pareto_front(searched.rated);
        const Evaluator calibration(searched.record, searched.costs);
        const double least = 0.55, confidence = 0.9;
        const auto proves = [&](const Configuration& c) {
            const double count = static_cast<double>(searched.record.images);
            double right = 0;
            for (const auto& exit : calibration.simulate(c).exits) right += static_cast<double>(exit.correct);
            return binomial_tail(right, count, least) <= 1 - confidence;
        };
        const auto kept = certify_accuracy(front, calibration, least, confidence);
        REQUIRE(kept.size() <= front.size());
        const std::size_t dropped = front.size() - kept.size();
        for (std::size_t i = 0; i < kept.size(); ++i) {
            CHECK(kept[i].name == front[dropped + i].name);
            CHECK(proves(kept[i]));
        }
        if (dropped > 0) CHECK(!proves(front[dropped - 1]));
        kept_some += kept.empty() ? 0 : 1;
        dropped_some += dropped > 0 ? 1 : 0;
    }
    CHECK(kept_some > 3);
    CHECK(dropped_some > 3);
}
