// Circular: from all exits off, again and again the one change at one site that lowers the objective most
// (docs/method.md, "Search methods").
#include "search/methods/search_method.h"

#include <algorithm>
#include <vector>

namespace dyce {
namespace {

constexpr int kMaxRounds = 1000;

}  // namespace

Solution circular(Searcher& searcher, const Objective& objective) {
    ExitAssignment& assignment = searcher.assignment;
    const std::size_t positions = assignment.space().positions();
    assignment.set(Choices(positions));
    double value = value_of(objective, assignment.solution());
    std::vector<double> least(positions);
    for (int round = 0; round < kMaxRounds && positions > 0; ++round) {
        // Positions that cannot reach what the most promising one does are not worth a step.
        for (std::size_t p = 0; p < positions; ++p) least[p] = searcher.lines.least_value(p, objective);
        const auto promising = std::min_element(least.begin(), least.end()) - least.begin();
        const double reached =
            searcher.lines.best_step(static_cast<std::size_t>(promising), objective, value).value;
        ExitStep best{value, {}};
        std::size_t best_position = positions;
        for (std::size_t p = 0; p < positions; ++p) {
            if (least[p] > std::min(reached, best.value) + kSameValue) continue;
            const ExitStep step = searcher.lines.best_step(p, objective, best.value);
            if (step.value >= best.value - kSameValue) continue;
            best = step;
            best_position = p;
        }
        if (best_position == positions) break;
        assignment.set(best_position, best.choice);
        value = best.value;
    }
    return assignment.solution();
}

namespace search_methods {

extern const SearchMethod circular{
    "circular", "the best change at any one site, until none helps",
    [](const SearchSpace& space, const std::vector<Objective>& objectives, int threads) -> SearchResult {
        return {sweep(space, objectives.size(), threads,
                      [&](Searcher& searcher, std::size_t index) {
                          return dyce::circular(searcher, objectives[index]);
                      }),
                {}};
    }};

}  // namespace search_methods

}  // namespace dyce
