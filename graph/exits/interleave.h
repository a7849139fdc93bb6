// The order in which a network with exits runs: backbone up to a site, the heads of that site, backbone up to
// the next. Pure functions.
#pragma once

#include "graph/exits/exits.h"

#include <vector>

namespace dyce {

/// Nodes that always run together: a stage of the backbone, or one head.
struct StageNodes {
    int head = -1;       ///< index in ExitTable::heads; -1 = backbone
    int first_node = 0;  ///< in the interleaved graph
    int end_node = 0;    ///< one past the last
    int site = -1;       ///< of a stage: index in ExitTable::sites of where it ends; -1 = the classifier
};

struct InterleavedGraph {
    /// Fused; outputs: the classifier's logits, then the heads' in their order; or those of the graph.
    Graph graph;
    /// Backbone, heads of a site, backbone, .. ; without heads one part.
    std::vector<StageNodes> parts;
};

/// Fuses a copy of `graph`, all outputs, into one part.
InterleavedGraph fuse_whole(const Graph& graph);

/// Fuses a copy of `graph` and puts its nodes into the order of the parts; outputs that are no heads are left
/// out. Only sites that have heads end a part. Nodes that several heads share are repeated in each, so that
/// any head runs without the others.
InterleavedGraph interleave(const Graph& graph, const ExitTable& exits);

}  // namespace dyce
