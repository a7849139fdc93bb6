// Whether a network can be trained, without what it takes to train it. A function.
#pragma once

#include "graph/graph.h"

#include <string>
#include <vector>

namespace dyce {

/// The nodes that have no backward pass (backward_pass.h), as "NAME (OPERATOR)", in order.
std::vector<std::string> find_untrainable(const Graph& graph);

}  // namespace dyce
