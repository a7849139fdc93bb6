// Steps and searches against scans of everything there is, on hundreds of small random records.
#include "search/search_method.h"

#include "search/evaluator.h"
#include "search/prune.h"
#include "tests/search/random_record.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

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
    std::size_t leavers = 0;
};

// Everything that one position can be set to: off, and each head with a threshold below each score of a
// picture that arrives. Fewest leavers first.
std::vector<Candidate> all_choices(const Record& record, const CostTable& costs, Choices choices,
                                   std::size_t position) {
    choices[position] = {};
    const PlainResult without = simulate_plainly(record, costs, choices);
    std::vector<Candidate> all = {{}};
    for (std::size_t c = 0; c + 1 < record.columns.size(); ++c) {
        if (static_cast<std::size_t>(record.meta.heads[c].position) != position) continue;
        std::multiset<double, std::greater<>> scores;
        for (std::size_t i = 0; i < record.pictures; ++i) {
            const int leaves_at = record.meta.heads[static_cast<std::size_t>(without.columns[i])].position;
            const float score = record.columns[c].scores[0][i];
            if (leaves_at > static_cast<int>(position) && score > kNoScore) scores.insert(score);
        }
        std::size_t leavers = 0;
        for (auto score = scores.begin(); score != scores.end();) {
            leavers += scores.count(*score);
            const auto next = scores.upper_bound(*score);
            const double threshold = next == scores.end() ? kNoScore : (*score + *next) / 2;
            all.push_back({{static_cast<int>(c), threshold}, leavers});
            score = next;
        }
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Candidate& a, const Candidate& b) { return a.leavers < b.leavers; });
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

TEST_CASE("walks, the evaluator and a plain simulation agree on where pictures leave and what they pay") {
    for (unsigned seed = 0; seed < 300; ++seed) {
        CAPTURE(seed);
        const Record record = random_record(seed);
        const CostTable costs = macs_table(record.meta);
        const SearchSpace space(record, 0, costs, 1);
        const Evaluator evaluator(record, costs);
        Dice dice(seed);
        Walk walk(space);
        for (int percent : {0, 30, 60}) {
            const Choices choices = random_choices(record, dice, percent);
            const PlainResult plain = simulate_plainly(record, costs, choices);
            walk.set(choices);
            CHECK(walk.solution().correct == plain.correct);
            CHECK(walk.solution().cost == plain.cost);
            Configuration configuration;
            configuration.exits = exits_of(record.meta, choices);
            const Simulation simulation = evaluator.simulate(configuration);
            const auto pictures = static_cast<double>(record.pictures);
            CHECK(simulation.accuracy == doctest::Approx(plain.correct / pictures));
            CHECK(simulation.macs == doctest::Approx(plain.cost / pictures));
            CHECK(simulation.cost == simulation.macs);
            const auto departures = evaluator.departures(configuration);
            for (std::size_t i = 0; i < record.pictures; ++i) CHECK(departures[i].column == plain.columns[i]);
        }
    }
}

TEST_CASE("an exact step is the best of all cuts, with the fewest leavers of equals") {
    for (unsigned seed = 0; seed < 300; ++seed) {
        CAPTURE(seed);
        const Record record = random_record(seed);
        const CostTable costs = macs_table(record.meta);
        const SearchSpace space(record, 0, costs, 1);
        Dice dice(seed);
        Walk walk(space);
        LineSearch lines;
        for (const Objective& objective : few_objectives(record, costs)) {
            Choices choices = random_choices(record, dice, 40);
            walk.set(choices);
            const auto position = static_cast<std::size_t>(dice.below(static_cast<int>(choices.size())));
            const Step step = lines.best_step(walk, position, objective);
            double best = 0;
            CHECK(step.choice == best_of_all(record, costs, objective, choices, position, &best));
            CHECK(std::abs(step.value - best) < kRounding);
            choices[position] = step.choice;
            CHECK(std::abs(value_of_choices(record, costs, objective, choices) - best) < kRounding);
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
        const auto found = kSameThreshold.run(space, objectives, 2);
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

TEST_CASE("best is never worse than one-pass and circular, and says what its choices do") {
    for (unsigned seed = 0; seed < 40; ++seed) {
        CAPTURE(seed);
        const Record record = random_record(seed);
        const CostTable costs = macs_table(record.meta);
        const SearchSpace space(record, 0, costs, 1);
        const auto objectives = few_objectives(record, costs);
        const auto best = kBest.run(space, objectives, 2);
        const auto circular = kCircular.run(space, objectives, 2),
                   one_pass = kOnePass.run(space, objectives, 2);
        for (std::size_t k = 0; k < objectives.size(); ++k) {
            const double value = value_of(objectives[k], best[k]);
            CHECK(value <= value_of(objectives[k], circular[k]) + kSameValue);
            CHECK(value <= value_of(objectives[k], one_pass[k]) + kSameValue);
            CHECK(std::abs(value_of_choices(record, costs, objectives[k], best[k].choices) - value) <
                  kRounding);
        }
    }
}

TEST_CASE("pruning goes down to one exit, an exit at a time, and says what its choices do") {
    for (unsigned seed = 0; seed < 40; ++seed) {
        CAPTURE(seed);
        const Record record = random_record(seed);
        const CostTable costs = macs_table(record.meta);
        const SearchSpace space(record, 0, costs, 1);
        const auto objectives = few_objectives(record, costs);
        const auto count = [](const Choices& choices) {
            return std::count_if(choices.begin(), choices.end(), [](const Choice& c) { return c.on(); });
        };
        const auto solutions = kCircular.run(space, objectives, 1);
        std::ptrdiff_t exits = 0;
        std::size_t objective = objectives.size();
        for (const Pruned& pruned : prune(space, objectives, solutions, 2)) {
            if (pruned.objective != objective) exits = count(solutions[pruned.objective].choices);
            objective = pruned.objective;
            CHECK(count(pruned.solution.choices) == --exits);
            CHECK(simulate_plainly(record, costs, pruned.solution.choices).correct ==
                  pruned.solution.correct);
        }
    }
}
