// Which stages of a network an image may go without: those that only add to what it carries. Pure functions.
#pragma once

#include "graph/exits/sites.h"
#include "graph/graph.h"

#include <string>
#include <vector>

namespace dyce {

/// Entry b: whether the stage from site b-1 to site b may be skipped, so that the value of site b is that of site b-1.
/// It may where both have one shape, are all of the backbone that is alive there, and sums lead from one to the other:
/// what is left of the stage without what these add is the identity. A ReLU behind the last sum is one too where the
/// value of site b-1 is itself made by a ReLU. Never true of site 0. `graph` is simplified, post-ops are not fused yet.
/// Throws Error{kContent} when the graph's types do not fit.
std::vector<bool> skippable(const Graph& graph, const std::vector<Site>& sites);

/// Entry b: why not, as in "is not a sum of the value of site 3 and something else"; empty where it may be skipped.
std::vector<std::string> find_skip_problems(const Graph& graph, const std::vector<Site>& sites);

}  // namespace dyce
