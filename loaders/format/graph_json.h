// The graph as JSON (docs/model-format.md, key dyce.graph): nodes in execution order, values by name;
// constants are tensors of the same file. Pure functions.
#pragma once

#include "graph/graph.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace dyce {

struct GraphDocument {
    std::string architecture;
    std::int64_t parameters = 0;  ///< of the network before it was simplified
    Graph graph;
};

/// The canonical text. Throws Error{kInternal} for post-ops and graphs that are not batched: files hold
/// networks as simplify() leaves them.
std::string graph_to_text(const GraphDocument& document);

/// Every one of `tensors` must be used. What an operator accepts is verify()'s business.
/// Throws Error{kContent} naming the node and the field, Error{kResource} over `max_nodes`.
GraphDocument graph_from_text(std::string_view text, const std::string& where,
                              const std::map<std::string, Tensor>& tensors, std::int64_t max_nodes);

}  // namespace dyce
