#include "search/methods/robust_candidates.h"

#include <algorithm>

namespace dyce {
namespace {

constexpr double kWorth[] = {1, 2, 4};    // right answers
constexpr std::size_t kMaxLambdas = 100;  // of the sweep
constexpr std::size_t kMinLambdas = 20;
constexpr double kFewExitsWork = 1.5e9;  // images x heads x lambdas looked at once

}  // namespace

std::vector<Solution> few_exits(const SearchSpace& space, const std::vector<Objective>& objectives,
                                int threads) {
    const double state = static_cast<double>(space.images()) * static_cast<double>(space.meta().heads.size());
    const auto affordable = static_cast<std::size_t>(kFewExitsWork / state / std::size(kWorth));
    const std::size_t wanted = std::clamp(affordable, kMinLambdas, kMaxLambdas);
    const std::size_t stride = std::max<std::size_t>(1, objectives.size() / wanted);
    std::vector<Objective> strict;
    for (const double worth : kWorth)
        for (std::size_t l = 0; l < objectives.size(); l += stride) {
            strict.push_back(objectives[l]);
            strict.back().per_exit = worth * objectives[l].per_correct;
        }
    return sweep(space, strict.size(), threads,
                 [&](Searcher& searcher, std::size_t index) { return circular(searcher, strict[index]); });
}

}  // namespace dyce
