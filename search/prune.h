// Simpler relatives of the solutions of a sweep. With many exits a search fits the very pictures it was
// given; a set that is chosen on other pictures wants candidates with fewer. A pure function.
#pragma once

#include "search/search_method.h"

#include <cstddef>
#include <vector>

namespace dyce {

struct Pruned {
    std::size_t objective;  ///< index of the one it was pruned under
    Solution solution;
};

/// From each distinct solution down to a single exit: again and again the exit goes that the objective misses
/// least, and those that stay take their best thresholds anew.
std::vector<Pruned> prune(const SearchSpace& space, const std::vector<Objective>& objectives,
                          const std::vector<Solution>& solutions, int threads);

}  // namespace dyce
