// Sites of networks without joins: where a stage of a plain chain ends. Pure functions.
#pragma once

#include "graph/exits/sites.h"

#include <vector>

namespace dyce {

/// Maps that are the only value alive, behind the first multiplication: what a pool makes, what a convolution
/// makes smaller, and what is flattened or averaged in the end. Of several with the same cost the last one.
std::vector<Site> find_stage_ends(const BackboneValues& values);

}  // namespace dyce
