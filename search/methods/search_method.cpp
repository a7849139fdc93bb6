#include "search/methods/search_method.h"

#include "runtime/core/parallel.h"

#include <algorithm>
#include <memory>

namespace dyce {

std::vector<Solution> sweep(const SearchSpace& space, std::size_t count, int threads,
                            const std::function<Solution(Searcher& searcher, std::size_t index)>& search) {
    std::vector<std::unique_ptr<Searcher>> searchers(static_cast<std::size_t>(threads));
    std::vector<Solution> solutions(count);
    parallel_for(count, threads, [&](std::size_t index, std::size_t worker) {
        auto& searcher = searchers[worker];
        if (!searcher) searcher = std::make_unique<Searcher>(space);
        searcher->forget();
        solutions[index] = search(*searcher, index);
    });
    return solutions;
}

double value_of(const Objective& objective, const Solution& solution) {
    const auto exits = std::count_if(solution.choices.begin(), solution.choices.end(),
                                     [](const Choice& choice) { return choice.on(); });
    return objective(solution.correct, solution.cost) + objective.per_exit * static_cast<double>(exits);
}

Solution descend(Searcher& searcher, const Objective& objective) {
    ExitAssignment& assignment = searcher.assignment;
    double value = value_of(objective, assignment.solution());
    const std::size_t positions = assignment.space().positions();
    std::size_t still = 0;  // positions in a row that are at their best
    for (std::size_t p = 0; still < positions; p = (p + 1) % positions) {
        const ExitStep step = searcher.lines.best_step(p, objective, value);
        ++still;
        if (step.value >= value - kSameValue) continue;
        assignment.set(p, step.choice);
        value = step.value;
        still = 1;
    }
    return assignment.solution();
}

}  // namespace dyce
