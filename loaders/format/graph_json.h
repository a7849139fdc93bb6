// The graph as JSON (docs/model-format.md, key dyce.graph): nodes in execution order, values by name;
// constants are tensors of the same file. Pure functions.
#pragma once

#include "graph/graph.h"
#include "loaders/format/json.h"

#include <map>
#include <string>

namespace dyce {

/// The members `inputs`, `nodes` and `outputs`. Throws Error{kInternal} for post-ops and graphs that are not
/// batched: files hold networks as simplify() leaves them.
Json graph_to_json(const Graph& graph);

/// Reads those members; every tensor must be used. What an operator accepts is verify()'s business.
/// Throws Error{kContent} naming the node and the field, Error{kResource} over `max_nodes`.
Graph graph_from_json(JsonFields& fields, const std::map<std::string, Tensor>& tensors,
                      std::int64_t max_nodes);

}  // namespace dyce
