#include "search/methods/front.h"

#include "runtime/core/parallel.h"
#include "search/methods/binomial.h"

#include <algorithm>
#include <cstdio>

namespace dyce {
namespace {

double conservative_accuracy(const Simulation& simulation) {
    double right = 0, images = 0;
    for (const Simulation::Exit& exit : simulation.exits) {
        const auto count = static_cast<double>(exit.images);
        images += count;
        if (count > 0) right += count * conservative_share(static_cast<double>(exit.correct), count);
    }
    return right / images;
}

std::string numbered(std::size_t index) {
    char name[24];
    std::snprintf(name, sizeof name, "c%03zu", index);
    return name;
}

}  // namespace

std::vector<RatedConfiguration> rate(const std::vector<Solution>& solutions,
                                     const std::vector<double>& lambdas, const Record& validation,
                                     const CostTable& costs, const Rating& rating) {
    const Evaluator evaluator(validation, costs);
    const auto base_macs = static_cast<double>(validation.meta.base_macs());
    std::vector<RatedConfiguration> rated(solutions.size());
    parallel_for(solutions.size(), rating.threads, [&](std::size_t i, std::size_t) {
        Configuration& configuration = rated[i].configuration;
        configuration.score = rating.score;
        configuration.exits = exits_of(validation.meta, solutions[i].choices);
        if (i < lambdas.size()) configuration.lambda = lambdas[i];
        const Simulation& simulation = rated[i].simulation = evaluator.simulate(configuration);
        configuration.accuracy = simulation.accuracy;
        configuration.accuracy_low =
            rating.conservative ? conservative_accuracy(simulation) : simulation.accuracy;
        configuration.macs = simulation.macs;
        configuration.relative_macs = simulation.macs / base_macs;
        configuration.cost = simulation.cost;
        configuration.relative_cost = simulation.cost / costs.base();
        for (const Simulation::Exit& exit : simulation.exits)
            configuration.exit_share.push_back(static_cast<double>(exit.images) /
                                               static_cast<double>(validation.images));
    });
    return rated;
}

void settle_costs(SearchResult& found, const Record& searched, const CostTable& costs, const Rating& rating) {
    if (!searched.meta.has_gates()) return;
    for (std::vector<Solution>* solutions : {&found.by_lambda, &found.others}) {
        const auto rated = rate(*solutions, {}, searched, costs, rating);
        for (std::size_t i = 0; i < rated.size(); ++i)
            (*solutions)[i].cost = rated[i].simulation.cost * static_cast<double>(searched.images);
    }
}

void choose_conservatively(SearchResult& found, const std::vector<Objective>& objectives,
                           const Record& searched, const CostTable& costs, const Rating& rating) {
    std::vector<Solution> all = found.by_lambda;
    all.insert(all.end(), found.others.begin(), found.others.end());
    const auto rated = rate(all, {}, searched, costs, rating);
    const auto images = static_cast<double>(searched.images);
    for (std::size_t l = 0; l < objectives.size(); ++l) {
        const auto value = [&](std::size_t i) {
            return objectives[l](rated[i].configuration.accuracy_low * images, all[i].cost);
        };
        std::size_t best = l;
        for (std::size_t i = 0; i < all.size(); ++i)
            if (value(i) < value(best) - kSameValue) best = i;
        found.by_lambda[l] = all[best];
    }
}

std::vector<Configuration> pareto_front(const std::vector<RatedConfiguration>& rated) {
    std::vector<const Configuration*> by_cost;
    for (const RatedConfiguration& one : rated) by_cost.push_back(&one.configuration);
    // Of equally cheap ones the most accurate comes first, then the one with the fewest exits.
    std::stable_sort(by_cost.begin(), by_cost.end(), [](const Configuration* a, const Configuration* b) {
        if (a->cost != b->cost) return a->cost < b->cost;
        if (a->accuracy_low != b->accuracy_low) return a->accuracy_low > b->accuracy_low;
        return a->exits.size() < b->exits.size();
    });
    std::vector<Configuration> front;
    for (const Configuration* one : by_cost) {
        if (!front.empty() && one->accuracy_low <= front.back().accuracy_low) continue;
        front.push_back(*one);
        front.back().name = numbered(front.size() - 1);
    }
    return front;
}

std::vector<Configuration> certify_accuracy(std::vector<Configuration> by_cost, const Evaluator& calibration,
                                            double min_accuracy, double confidence) {
    auto kept = by_cost.end();
    while (kept != by_cost.begin()) {
        const Simulation simulation = calibration.simulate(*std::prev(kept));
        double right = 0, count = 0;
        for (const Simulation::Exit& exit : simulation.exits) {
            right += static_cast<double>(exit.correct);
            count += static_cast<double>(exit.images);
        }
        // The chance to see so many right answers if the accuracy were no better than promised.
        if (binomial_tail(right, count, min_accuracy) > 1 - confidence) break;
        --kept;
    }
    by_cost.erase(by_cost.begin(), kept);
    return by_cost;
}

}  // namespace dyce
