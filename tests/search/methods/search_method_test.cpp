// Covers best, circular, exit_assignment, line_search, objective, one_pass, same_threshold, search_space,
// search/simulate/evaluator.
// Steps and searches against scans of everything there is, on hundreds of small random records.
#include "search/methods/search_method.h"

#include "search/record/record_file.h"
#include "search/simulate/evaluator.h"
#include "tests/search/methods/random_record.h"
#include "tests/support/support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <sstream>
#include <string>

using namespace dyce;
using namespace dyce::test;

namespace {

constexpr double kRounding = 1e-9;

std::vector<Objective> few_objectives(const Record& record, const CostTable& costs) {
    std::vector<std::string> notices;
    auto plain = make_objectives(record, costs, {0.5, 0.8, 0.95, 1, 1.04}, false, &notices);
    const auto normalised = make_objectives(record, costs, {0.6, 0.9}, true, &notices);
    plain.insert(plain.end(), normalised.begin(), normalised.end());
    return plain;
}

double value_of_choices(const Record& record, const CostTable& costs, const Objective& objective,
                        const Choices& choices) {
    const PlainResult result = simulate_plainly(record, costs, choices);
    return objective(result.correct, result.cost);
}

struct Candidate {
    Choice choice;
    std::size_t exiting = 0;
};

// Everything that one position can be set to: off, and each head with a threshold below each score of a
// image that arrives. Fewest exiting first.
std::vector<Candidate> all_choices(const Record& record, const CostTable& costs, Choices choices,
                                   std::size_t position) {
    choices[position] = {};
    const PlainResult without = simulate_plainly(record, costs, choices);
    std::vector<Candidate> all = {{}};
    for (std::size_t c = 0; c + 1 < record.columns.size(); ++c) {
        if (static_cast<std::size_t>(record.meta.heads[c].position) != position) continue;
        std::multiset<double, std::greater<>> scores;
        for (std::size_t i = 0; i < record.images; ++i) {
            const int exits_at = record.meta.heads[static_cast<std::size_t>(without.columns[i])].position;
            const float score = record.columns[c].scores[0][i];
            if (exits_at > static_cast<int>(position) && score > kNoScore) scores.insert(score);
        }
        std::size_t exiting = 0;
        for (auto score = scores.begin(); score != scores.end();) {
            exiting += scores.count(*score);
            const auto next = scores.upper_bound(*score);
            const double threshold = next == scores.end() ? kNoScore : (*score + *next) / 2;
            all.push_back({{static_cast<int>(c), threshold}, exiting});
            score = next;
        }
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Candidate& a, const Candidate& b) { return a.exiting < b.exiting; });
    return all;
}

// The first of the best.
Choice best_of_all(const Record& record, const CostTable& costs, const Objective& objective, Choices choices,
                   std::size_t position, double* value) {
    Choice best;
    *value = std::numeric_limits<double>::infinity();
    for (const Candidate& candidate : all_choices(record, costs, choices, position)) {
        choices[position] = candidate.choice;
        const double now = value_of_choices(record, costs, objective, choices);
        if (now >= *value - kSameValue) continue;
        *value = now;
        best = candidate.choice;
    }
    return best;
}

Choices scan_one_pass(const Record& record, const CostTable& costs, const Objective& objective) {
    Choices choices(record.meta.final_position());
    double value = 0;
    for (std::size_t p = 0; p < choices.size(); ++p)
        choices[p] = best_of_all(record, costs, objective, choices, p, &value);
    return choices;
}

Choices scan_circular(const Record& record, const CostTable& costs, const Objective& objective) {
    Choices choices(record.meta.final_position());
    double value = value_of_choices(record, costs, objective, choices);
    for (bool better = true; better;) {
        better = false;
        Choices best = choices;
        for (std::size_t p = 0; p < choices.size(); ++p) {
            double now = 0;
            Choices changed = choices;
            changed[p] = best_of_all(record, costs, objective, choices, p, &now);
            if (now >= value - kSameValue) continue;
            value = now;
            best = changed;
            better = true;
        }
        choices = best;
    }
    return choices;
}

}  // namespace

TEST_CASE("walks, the evaluator and a plain simulation agree on where images leave and what they pay") {
    for (unsigned seed = 0; seed < 300; ++seed) {
        CAPTURE(seed);
        const Record record = random_record(seed);
        const CostTable costs = macs_table(record.meta);
        const SearchSpace space(record, 0, costs, 1);
        const Evaluator evaluator(record, costs);
        Dice dice(seed);
        ExitAssignment assignment(space);
        for (int percent : {0, 30, 60}) {
            const Choices choices = random_choices(record, dice, percent);
            const PlainResult plain = simulate_plainly(record, costs, choices);
            assignment.set(choices);
            CHECK(assignment.solution().correct == plain.correct);
            CHECK(assignment.solution().cost == plain.cost);
            Configuration configuration;
            configuration.exits = exits_of(record.meta, choices);
            const Simulation simulation = evaluator.simulate(configuration);
            const auto images = static_cast<double>(record.images);
            CHECK(simulation.accuracy == doctest::Approx(plain.correct / images));
            CHECK(simulation.macs == doctest::Approx(plain.cost / images));
            CHECK(simulation.cost == simulation.macs);
            const auto exit_records = evaluator.exit_records(configuration);
            for (std::size_t i = 0; i < record.images; ++i) CHECK(exit_records[i].column == plain.columns[i]);
        }
    }
}

// A step from random choices at a random position, for each objective.
void check_exact_steps(unsigned seed, const Record& record) {
    CAPTURE(seed);
    const CostTable costs = macs_table(record.meta);
    const SearchSpace space(record, 0, costs, 1);
    Dice dice(seed);
    ExitAssignment assignment(space);
    LineSearch lines(assignment);
    for (const Objective& objective : few_objectives(record, costs)) {
        Choices choices = random_choices(record, dice, 40);
        assignment.set(choices);
        const auto position = static_cast<std::size_t>(dice.below(static_cast<int>(choices.size())));
        const ExitStep step = lines.best_step(position, objective);
        double best = 0;
        CHECK(step.choice == best_of_all(record, costs, objective, choices, position, &best));
        CHECK(std::abs(step.value - best) < kRounding);
        choices[position] = step.choice;
        CHECK(std::abs(value_of_choices(record, costs, objective, choices) - best) < kRounding);
    }
}

TEST_CASE("an exact step is the best of all cuts, with the fewest exiting of equals") {
    for (unsigned seed = 0; seed < 300; ++seed) check_exact_steps(seed, random_record(seed));
    // More images than a column has bins.
    for (unsigned seed = 0; seed < 4; ++seed) check_exact_steps(seed, random_record(seed, 1500));
}

TEST_CASE("steps stay exact while choices change one after the other") {
    for (unsigned seed = 0; seed < 20; ++seed) {
        CAPTURE(seed);
        const Record record = random_record(seed, 300);
        const CostTable costs = macs_table(record.meta);
        const SearchSpace space(record, 0, costs, 1);
        const auto objectives = few_objectives(record, costs);
        Dice dice(seed);
        ExitAssignment assignment(space);
        LineSearch lines(assignment);
        for (int change = 0; change < 40; ++change) {
            const Objective& objective =
                objectives[(seed + static_cast<unsigned>(change) / 20) % objectives.size()];
            const auto position = static_cast<std::size_t>(dice.below(static_cast<int>(space.positions())));
            const double least = lines.least_value(position, objective);
            const ExitStep step = lines.best_step(position, objective);
            double best = 0;
            CHECK(step.choice ==
                  best_of_all(record, costs, objective, assignment.choices(), position, &best));
            CHECK(std::abs(step.value - best) < kRounding);
            CHECK(least <= step.value + kRounding);
            if (dice.chance(60))
                assignment.set(position, step.choice);
            else
                assignment.set(position, random_choices(record, dice, 70)[position]);
        }
    }
}

TEST_CASE("one-pass and circular take the steps that a scan of everything takes") {
    for (unsigned seed = 0; seed < 60; ++seed) {
        CAPTURE(seed);
        const Record record = random_record(seed, 12);
        const CostTable costs = macs_table(record.meta);
        const SearchSpace space(record, 0, costs, 1);
        Searcher searcher(space);
        for (const Objective& objective : few_objectives(record, costs)) {
            CHECK(one_pass(searcher, objective).choices == scan_one_pass(record, costs, objective));
            CHECK(circular(searcher, objective).choices == scan_circular(record, costs, objective));
        }
    }
}

TEST_CASE("same-threshold finds the best threshold of the best type") {
    for (unsigned seed = 0; seed < 100; ++seed) {
        CAPTURE(seed);
        const Record record = random_record(seed);
        const CostTable costs = macs_table(record.meta);
        const SearchSpace space(record, 0, costs, 1);
        const auto objectives = few_objectives(record, costs);
        const auto found = search_methods::same_threshold.run(space, objectives, 2).by_lambda;
        for (std::size_t k = 0; k < objectives.size(); ++k) {
            double best = std::numeric_limits<double>::infinity();
            for (std::size_t type = 0; type < record.meta.types.size(); ++type) {
                std::set<float> scores = {kNoScore};
                for (const RecordColumn& column : record.columns)
                    scores.insert(column.scores[0].begin(), column.scores[0].end());
                for (const double threshold : scores) {
                    Choices choices(record.meta.final_position());
                    bool any = false;
                    for (std::size_t c = 0; c + 1 < record.columns.size(); ++c) {
                        const RecordHead& head = record.meta.heads[c];
                        if (head.type != static_cast<int>(type)) continue;
                        choices[static_cast<std::size_t>(head.position)] = {static_cast<int>(c), threshold};
                    }
                    for (const int column : simulate_plainly(record, costs, choices).columns)
                        any = any || column + 1 < static_cast<int>(record.columns.size());
                    if (any) best = std::min(best, value_of_choices(record, costs, objectives[k], choices));
                }
            }
            const double value = value_of(objectives[k], found[k]);
            CHECK(std::abs(value_of_choices(record, costs, objectives[k], found[k].choices) - value) <
                  kRounding);
            if (std::isfinite(best)) CHECK(value <= best + kRounding);
        }
    }
}

TEST_CASE("every method finds what it says, and the same for any number of threads") {
    for (const SearchMethod* method : all_search_methods())
        for (unsigned seed = 0; seed < 20; ++seed) {
            CAPTURE(std::string(method->name));
            CAPTURE(seed);
            const Record record = random_record(seed, 60);
            const CostTable costs = macs_table(record.meta);
            const SearchSpace space(record, 0, costs, 1);
            const auto objectives = few_objectives(record, costs);
            const auto found = method->run(space, objectives, 1).by_lambda;
            const auto again = method->run(space, objectives, 3).by_lambda;
            REQUIRE(found.size() == objectives.size());
            for (std::size_t k = 0; k < objectives.size(); ++k) {
                const PlainResult plain = simulate_plainly(record, costs, found[k].choices);
                CHECK(plain.correct == found[k].correct);
                CHECK(std::abs(plain.cost - found[k].cost) < 1e-6);
                CHECK(again[k].choices == found[k].choices);
            }
        }
}

TEST_CASE("best is never worse than the other methods, and the same for any number of threads") {
    for (unsigned seed = 0; seed < 40; ++seed) {
        CAPTURE(seed);
        const Record record = random_record(seed, 60);
        const CostTable costs = macs_table(record.meta);
        const SearchSpace space(record, 0, costs, 1);
        const auto objectives = few_objectives(record, costs);
        const SearchResult best = search_methods::best.run(space, objectives, 1);
        for (std::size_t k = 0; k < objectives.size(); ++k) {
            const double value = value_of_choices(record, costs, objectives[k], best.by_lambda[k].choices);
            CHECK(std::abs(value - value_of(objectives[k], best.by_lambda[k])) < kRounding);
            for (const SearchMethod* method : all_search_methods())
                CHECK(value <=
                      value_of(objectives[k], method->run(space, objectives, 2).by_lambda[k]) + kRounding);
        }
        const SearchResult again = search_methods::best.run(space, objectives, 3);
        for (std::size_t k = 0; k < objectives.size(); ++k)
            CHECK(again.by_lambda[k].choices == best.by_lambda[k].choices);
        REQUIRE(again.others.size() == best.others.size());
        for (std::size_t k = 0; k < best.others.size(); ++k)
            CHECK(again.others[k].choices == best.others[k].choices);
        for (const Solution& other : best.others) {
            const PlainResult plain = simulate_plainly(record, costs, other.choices);
            CHECK(plain.correct == other.correct);
            CHECK(std::abs(plain.cost - other.cost) < 1e-6);
        }
    }
}

TEST_CASE("no method is behind the published tool on its record") {
    const auto shared = shared_folder();
    if (shared.empty()) return;
    const std::string folder = (shared / "assets/search/").string();
    const RecordMeta exits = read_published_costs(folder + "macs.json");
    const Record record = read_record(folder + "train.npz", {.exits = &exits});
    const CostTable costs = macs_table(exits);
    const SearchSpace space(record, 0, costs, 2);

    // method, lambda, relative_macs_tr, relative_acc_tr, objective_tr, ..
    std::vector<double> lambdas, onepass, circular;
    std::istringstream rows(read_file(folder + "published_tool.csv"));
    std::string line;
    std::getline(rows, line);
    while (std::getline(rows, line)) {
        std::istringstream row(line);
        std::string method, lambda, macs, accuracy, objective;
        for (std::string* field : {&method, &lambda, &macs, &accuracy, &objective})
            std::getline(row, *field, ',');
        const double value = std::stod(objective);
        if (lambdas.empty() ||
            std::find(lambdas.begin(), lambdas.end(), std::stod(lambda)) == lambdas.end()) {
            lambdas.push_back(std::stod(lambda));
            onepass.push_back(1e9);
            circular.push_back(1e9);
        }
        const auto at = static_cast<std::size_t>(
            std::find(lambdas.begin(), lambdas.end(), std::stod(lambda)) - lambdas.begin());
        (method == "onepass" ? onepass : circular)[at] = value;
    }
    REQUIRE(lambdas.size() == 8);
    std::vector<std::string> notices;
    const auto objectives = make_objectives(record, costs, lambdas, true, &notices);
    CHECK(notices.empty());
    const auto ours = [&](const SearchMethod& method) { return method.run(space, objectives, 2).by_lambda; };
    const auto best = ours(search_methods::best), passed = ours(search_methods::one_pass),
               circled = ours(search_methods::circular);
    for (std::size_t k = 0; k < lambdas.size(); ++k) {
        CAPTURE(lambdas[k]);
        CHECK(value_of(objectives[k], passed[k]) <= onepass[k]);
        CHECK(value_of(objectives[k], circled[k]) <= circular[k]);
        CHECK(value_of(objectives[k], best[k]) <= std::min(onepass[k], circular[k]));
    }
    CHECK(value_of(objectives[0], passed[0]) == doctest::Approx(0.2976).epsilon(1e-4));  // its README
}
