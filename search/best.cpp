// Best: coordinate descent with exact steps from several starts. Each lambda starts from what one-pass and
// circular find, so it is never worse than either; then lambdas learn from one another: under each the best
// solution found for any is a start too, and some are shaken - one exit off, or moved to a neighbouring site
// - before they descend again.
#include "search/search_method.h"

namespace dyce {
namespace {

constexpr int kRounds = 2;              // of learning from other lambdas
constexpr std::size_t kShakeEvery = 8;  // lambdas: neighbours gain by learning

const Solution& better(const Objective& objective, const Solution& a, const Solution& b) {
    return value_of(objective, b) < value_of(objective, a) - kSameValue ? b : a;
}

Solution descend_from(Searcher& searcher, const Objective& objective, const Choices& choices) {
    searcher.walk.set(choices);
    return descend(searcher, objective);
}

Solution from_scratch(Searcher& searcher, const Objective& objective) {
    one_pass(searcher, objective);
    const Solution first = descend(searcher, objective);
    circular(searcher, objective);
    return better(objective, first, descend(searcher, objective));
}

// The best of what comes of turning off or moving each of its exits.
Solution shake(Searcher& searcher, const Objective& objective, Solution best) {
    const Choices from = best.choices;
    const auto attempt = [&](const Choices& choices) {
        best = better(objective, best, descend_from(searcher, objective, choices));
    };
    for (std::size_t p = 0; p < from.size(); ++p) {
        if (!from[p].on()) continue;
        Choices without = from;
        without[p] = {};
        attempt(without);
        for (const std::size_t to : {p - 1, p + 1}) {  // p - 1 of 0 is beyond the end
            if (to >= from.size() || from[to].on()) continue;
            Choices moved = without;
            searcher.walk.set(moved);
            moved[to] = searcher.lines.best_step(searcher.walk, to, objective).choice;
            if (moved[to].on()) attempt(moved);
        }
    }
    return best;
}

// For each lambda the best solution that any has found.
std::vector<Solution> share(const std::vector<Objective>& objectives, const std::vector<Solution>& found) {
    std::vector<Solution> shared;
    for (std::size_t k = 0; k < objectives.size(); ++k) {
        const Solution* best = &found[k];
        for (const Solution& solution : found) best = &better(objectives[k], *best, solution);
        shared.push_back(*best);
    }
    return shared;
}

}  // namespace

const SearchMethod kBest{
    "best", "descent from several starts that learn from one another",
    [](const SearchSpace& space, const std::vector<Objective>& objectives, int threads) {
        auto found = sweep(space, objectives.size(), threads, [&](Searcher& searcher, std::size_t k) {
            return from_scratch(searcher, objectives[k]);
        });
        for (int round = 0; round < kRounds; ++round) {
            found = share(objectives, found);
            found = sweep(space, objectives.size(), threads, [&](Searcher& searcher, std::size_t k) {
                Solution best =
                    better(objectives[k], found[k], descend_from(searcher, objectives[k], found[k].choices));
                return round == 0 && k % kShakeEvery == 0 ? shake(searcher, objectives[k], std::move(best))
                                                          : best;
            });
        }
        return share(objectives, found);
    }};

}  // namespace dyce
