// Where exits may read a network that is imported (docs/method.md, "Sites of newly imported networks"). Models that
// exist keep the sites of find_sites(). Pure functions.
#pragma once

#include "graph/exits/sites.h"

#include <string>
#include <vector>

namespace dyce {

/// The sites of a simplified graph, in execution order, at most kMaxSites: those of find_sites() whose channels lie
/// first; the ends of blocks that compute on tokens or on maps whose channels lie last; where there is neither,
/// the ends of stages.
std::vector<Site> find_import_sites(const Graph& graph);

/// Those called `names`, as find_sites() finds them, with the layout and the tokens that the graph tells.
std::vector<Site> find_import_sites(const Graph& graph, const std::vector<std::string>& names);

/// Every value that may be named so.
std::vector<Site> possible_import_sites(const Graph& graph);

}  // namespace dyce
