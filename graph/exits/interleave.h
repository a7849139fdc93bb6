// The order in which a network with exits runs: backbone up to a site, the heads of that site, backbone up to
// the next. Pure functions.
#pragma once

#include "graph/exits/exits.h"

#include <vector>

namespace dyce {

/// Nodes that always run together: a stage, or one head.
struct StageNodes {
    int head = -1;       ///< index in ExitTable::heads; -1 = a stage
    int first_node = 0;  ///< in the interleaved graph
    int end_node = 0;    ///< one past the last
    int site = -1;       ///< of a stage: the one that it ends at, in ExitTable::sites; -1 = the classifier
    int first_feed = 0;  ///< of a stage: the nodes from here on make values that later heads of chains read
    ValueId site_value = -1;  ///< of a stage: what the site is
    bool may_skip = false;    ///< of a stage: a gate decides whether rows run it
};

struct InterleavedGraph {
    /// Fused; outputs: the classifier's logits, then the heads' in their order; or those of the graph.
    Graph graph;
    /// A stage, the heads at its end (feeds of sites on its way first), a stage, .. ; without heads one part.
    std::vector<StageNodes> parts;
};

/// Fuses a copy of `graph`, all outputs, into one part.
InterleavedGraph fuse_whole(const Graph& graph);

/// Fuses a copy of `graph` and puts its nodes into the order of the parts; outputs that are no heads are left
/// out. Only sites that have exits or gates, or that gates skip to, end a stage. What later heads of a chain read of a head
/// belongs to the stage that reaches its site. Other nodes that several heads share are repeated in each: so
/// any head at the end of a stage runs without the others.
InterleavedGraph interleave(const Graph& graph, const ExitTable& exits);

}  // namespace dyce
