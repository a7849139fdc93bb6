// Networks without some of their stages. A function.
#pragma once

#include "graph/exits/exits.h"
#include "graph/graph.h"

#include <vector>

namespace dyce {

/// Takes stages that can be skipped out of the network for good: what read the value of site b reads that of site b-1,
/// and site b is gone. Heads go too: they knew other features. `stages` are numbers of sites, in any order.
/// Throws Error{kUsage} naming the stage that cannot be skipped, does not exist or is there twice, and why.
void drop_stages(Graph& graph, ExitTable& exits, const std::vector<int>& stages);

}  // namespace dyce
