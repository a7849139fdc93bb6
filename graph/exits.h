// Exit heads attached to a graph, and how exits are numbered through the members of a cascade.
// Plain values; shared read-only.
#pragma once

#include "graph/graph.h"
#include "graph/sites.h"

#include <cstdint>
#include <string>
#include <vector>

namespace dyce {

/// A head: the part of the graph that one output needs beyond the backbone. It reads its site's value only.
struct ExitHead {
    int site = 0;           ///< index in ExitTable::sites
    std::string type;       ///< distinct within the site
    int output = 0;         ///< index in Graph::outputs: its logits, N x classes
    std::int64_t macs = 0;  ///< of the head alone, for one picture
};

struct ExitTable {
    std::vector<Site> sites;      ///< execution order
    std::vector<ExitHead> heads;  ///< rising sites
};

/// A network with its exits; in a cascade one of several, small to big.
struct ExitNetwork {
    const Graph* graph;
    const ExitTable* exits;
    std::int64_t macs;  ///< of the backbone alone
};

/// Where a picture may leave: a site, or a member's own classifier.
struct ExitPosition {
    struct Head {
        std::string type;
        std::int64_t macs;
        int output;  ///< index in the member's Graph::outputs
    };
    int member;
    int site;                 ///< within the member; -1 = its classifier
    std::string name;         ///< of the value read there
    std::int64_t macs;        ///< of the member's backbone up to here
    std::vector<Head> heads;  ///< of a classifier: one, of type "classifier", the last member's "final"
};

/// All positions in the order a picture meets them; the last one is the final exit.
std::vector<ExitPosition> list_positions(const std::vector<ExitNetwork>& members);

}  // namespace dyce
