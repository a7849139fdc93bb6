// Best: for every lambda the best of the other methods' configurations, and from there on downhill with exact
// steps. What is found for one lambda is tried for all others: the objective is linear, so its minima over
// lambda are corners of one hull, and neighbours share them. Then some exits are taken out at random and the
// rest settles anew: that leaves the local minima that single steps cannot.
#include "search/methods/robust_candidates.h"
#include "search/methods/search_method.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace dyce {
namespace {

constexpr int kMaxSpreads = 20;
constexpr std::size_t kSwapRounds = 4;
constexpr double kStarts = 1.2e9;    // images x heads x lambdas looked at from a second start
constexpr double kSwapWork = 1.1e9;  // the same in a round
constexpr std::size_t kMaxTries = 8;
constexpr unsigned kMaxRemoved = 4;

using Objectives = std::vector<Objective>;

const Solution& better(const Objective& objective, const Solution& a, const Solution& b) {
    return value_of(objective, b) < value_of(objective, a) - kSameValue ? b : a;
}

void append(std::vector<Solution>& to, const std::vector<Solution>& more) {
    to.insert(to.end(), more.begin(), more.end());
}

Solution descend_from(Searcher& searcher, const Objective& objective, const Solution& start) {
    searcher.assignment.set(start.choices);
    return better(objective, start, descend(searcher, objective));
}

// Each lambda takes the best of all solutions and settles from there, until all keep their own.
void spread(const SearchSpace& space, const Objectives& objectives, int threads,
            const std::vector<Solution>& others, std::vector<Solution>& best) {
    for (int round = 0; round < kMaxSpreads; ++round) {
        std::vector<Solution> pool = best;
        if (round == 0) append(pool, others);
        std::vector<char> changed(best.size(), 0);
        best = sweep(space, best.size(), threads, [&](Searcher& searcher, std::size_t l) {
            const Solution* chosen = &pool[l];
            for (const Solution& other : pool) chosen = &better(objectives[l], *chosen, other);
            if (chosen == &pool[l]) return pool[l];
            changed[l] = 1;
            return descend_from(searcher, objectives[l], *chosen);
        });
        if (std::count(changed.begin(), changed.end(), 0) == static_cast<std::ptrdiff_t>(best.size())) break;
    }
}

// Some of the enabled exits off.
Choices without_some(Choices choices, std::mt19937& random) {
    std::vector<std::size_t> on;
    for (std::size_t p = 0; p < choices.size(); ++p)
        if (choices[p].on()) on.push_back(p);
    for (unsigned left = 1 + random() % kMaxRemoved; left > 0 && !on.empty(); --left) {
        const auto out = on.begin() + static_cast<std::ptrdiff_t>(random() % on.size());
        choices[*out] = {};
        on.erase(out);
    }
    return choices;
}

SearchResult run_best(const SearchSpace& space, const Objectives& objectives, int threads) {
    const auto passed = search_methods::one_pass.run(space, objectives, threads).by_lambda;
    const auto circled = search_methods::circular.run(space, objectives, threads).by_lambda;
    SearchResult result;
    std::vector<Solution>& best = result.by_lambda;
    const double state = static_cast<double>(space.images()) * static_cast<double>(space.meta().heads.size());
    const double all = state * static_cast<double>(objectives.size());
    // Circular ends where no step helps, one-pass does not: going on from there finds other minima. On large
    // records some lambdas do, and hand on what they find.
    const auto stride = static_cast<std::size_t>(std::ceil(all / kStarts));
    best = sweep(space, objectives.size(), threads, [&](Searcher& searcher, std::size_t l) {
        const bool is_circled = &better(objectives[l], passed[l], circled[l]) == &circled[l];
        if (is_circled && l % stride != 0) return circled[l];
        return better(objectives[l], descend_from(searcher, objectives[l], passed[l]), circled[l]);
    });
    append(result.others, passed);
    append(result.others, circled);
    append(result.others, search_methods::same_threshold.run(space, objectives, threads).by_lambda);
    append(result.others, equal_risk(space, threads));
    append(result.others, few_exits(space, objectives, threads));
    spread(space, objectives, threads, result.others, best);
    const auto tries = std::min<std::size_t>(kMaxTries, static_cast<std::size_t>(kSwapWork / all));
    for (std::size_t round = 0; round < kSwapRounds && tries > 0; ++round) {
        best = sweep(space, best.size(), threads, [&](Searcher& searcher, std::size_t l) {
            std::mt19937 random(static_cast<unsigned>(round * best.size() + l));
            Solution found = best[l];
            for (std::size_t attempt = 0; attempt < tries; ++attempt) {
                searcher.assignment.set(without_some(found.choices, random));
                found = better(objectives[l], found, descend(searcher, objectives[l]));
            }
            return found;
        });
        spread(space, objectives, threads, {}, best);
    }
    return result;
}

}  // namespace

namespace search_methods {

extern const SearchMethod best{"best", "what all find, improved together", run_best};

}  // namespace search_methods

}  // namespace dyce
