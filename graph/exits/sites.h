// Where exits may read a network (docs/method.md, "Sites"). Pure functions of a graph.
#pragma once

#include "graph/graph.h"

#include <string>
#include <vector>

namespace dyce {

/// A feature map that an exit head may read.
struct Site {
    ValueId value;
    std::string name;       ///< of the value
    std::int64_t channels;  ///< of the feature map, which is N x channels x H x W
    std::int64_t macs;      ///< multiply-adds of the backbone up to here, for one image
};

/// The sites of a simplified graph whose post-ops are not fused yet, in execution order. The backbone is what
/// the first output needs. A site is a value of rank 4 that is the only one alive in the backbone and comes
/// out of an Add or Concat that joins computed values - taken after the activation when that is its only
/// reader - and every backbone value of rank 4 that nodes outside the backbone read (imported heads begin
/// there). Throws Error{kContent} when the graph's types do not fit.
std::vector<Site> find_sites(const Graph& graph);

/// The values called `names` instead of those of the rule, in execution order. Throws Error{kContent} naming
/// the nearest where one is not a value of rank 4 that the backbone computes, or is named twice.
std::vector<Site> find_sites(const Graph& graph, const std::vector<std::string>& names);

}  // namespace dyce
