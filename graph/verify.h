// The invariants of a graph, checked after loading and after every pass.
#pragma once

#include "graph/graph.h"

namespace dyce {

struct GraphLimits {
    std::int64_t nodes = 20'000;
    std::int64_t activation_bytes = std::int64_t{4} << 30;  ///< of all values of one image together
    std::int64_t classes = 100'000;
};

/// Throws Error{kContent} naming the node or value when an id is out of range, a name is used twice or empty,
/// a value is read before it is made or made twice, operands of post-ops are not last and in order, types do
/// not fit, or (batched graphs) an output does not grow with the batch; Error{kResource} over a limit.
void verify(const Graph& graph, const GraphLimits& limits = {});

}  // namespace dyce
