// By which head of each site an image leaves that cannot wait for an exit. Pure function.
#pragma once

#include "graph/exits/exits.h"

#include <dyce/configuration.h>

#include <cstddef>
#include <vector>

namespace dyce {

/// For each position an index in its heads, 0 when it has none. The first of these that the site has:
///  1. the head that the configuration itself enables there;
///  2. the best one there by the configuration's set (Configuration::best_heads);
///  3. where the set has no exit, the type that is the best at most of its sites;
///  4. the first head.
/// Where a wanted head does not exist, the first head too.
std::vector<std::size_t> late_heads(const Configuration& configuration,
                                    const std::vector<ExitSite>& positions);

}  // namespace dyce
