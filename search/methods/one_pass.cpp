// One pass: sites front to back, all behind still off; at each the type and threshold with the smallest
// objective (docs/method.md, "Search methods").
#include "search/methods/search_method.h"

namespace dyce {

Solution one_pass(Searcher& searcher, const Objective& objective) {
    ExitAssignment& assignment = searcher.assignment;
    assignment.set(Choices(assignment.space().positions()));
    for (std::size_t p = 0; p < assignment.space().positions(); ++p) {
        const ExitStep step = searcher.lines.best_step(p, objective);
        if (step.choice.on()) assignment.set(p, step.choice);
    }
    return assignment.solution();
}

namespace search_methods {

extern const SearchMethod one_pass{
    "one-pass", "sites front to back, once",
    [](const SearchSpace& space, const std::vector<Objective>& objectives, int threads) -> SearchResult {
        return {sweep(space, objectives.size(), threads,
                      [&](Searcher& searcher, std::size_t index) {
                          return dyce::one_pass(searcher, objectives[index]);
                      }),
                {}};
    }};

}  // namespace search_methods

}  // namespace dyce
