#include "search/prune.h"

#include "search/parallel.h"

#include <memory>

namespace dyce {
namespace {

std::size_t count_exits(const Choices& choices) {
    std::size_t count = 0;
    for (const Choice& choice : choices) count += choice.on() ? 1 : 0;
    return count;
}

// The walk without the exit that the objective misses least, the others fitted to its absence.
void drop_one(Searcher& searcher, const Objective& objective) {
    Walk& walk = searcher.walk;
    const Choices from = walk.choices();
    Solution best;
    for (std::size_t p = 0; p < from.size(); ++p) {
        if (!from[p].on()) continue;
        Choices without = from;
        without[p] = {};
        walk.set(without);
        if (best.choices.empty() || value_of(objective, walk.solution()) < value_of(objective, best))
            best = walk.solution();
    }
    walk.set(best.choices);
    for (std::size_t p = 0; p < from.size(); ++p) {
        if (!walk.choices()[p].on()) continue;
        const Step step = searcher.lines.best_step(walk, p, objective);
        if (step.choice.on()) walk.set(p, step.choice);
    }
}

}  // namespace

std::vector<Pruned> prune(const SearchSpace& space, const std::vector<Objective>& objectives,
                          const std::vector<Solution>& solutions, int threads) {
    std::vector<std::size_t> starts;
    for (std::size_t k = 0; k < solutions.size(); ++k)
        if (k == 0 || !(solutions[k].choices == solutions[k - 1].choices)) starts.push_back(k);
    std::vector<std::unique_ptr<Searcher>> searchers(static_cast<std::size_t>(threads));
    std::vector<std::vector<Pruned>> chains(starts.size());
    parallel_for(starts.size(), threads, [&](std::size_t i, std::size_t worker) {
        auto& searcher = searchers[worker];
        if (!searcher) searcher = std::make_unique<Searcher>(space);
        const std::size_t k = starts[i];
        searcher->walk.set(solutions[k].choices);
        while (count_exits(searcher->walk.choices()) > 1) {
            drop_one(*searcher, objectives[k]);
            chains[i].push_back({k, searcher->walk.solution()});
        }
    });
    std::vector<Pruned> all;
    for (auto& chain : chains)
        for (Pruned& pruned : chain) all.push_back(std::move(pruned));
    return all;
}

}  // namespace dyce
