// Which tokens of a network are patches of the image, and how they stood side by side. Pure functions.
#pragma once

#include "graph/exits/backbone_values.h"
#include "graph/exits/site_layout.h"

#include <vector>

namespace dyce {

/// By value, of those of rank 3: tokens that are joined in front of others and depend on no image - a class token,
/// registers - are the prefix; the grid is that of the map whose positions a Reshape made tokens of. What the
/// network computes of tokens in the same number keeps both.
std::vector<SiteTokens> find_token_facts(const BackboneValues& values);

}  // namespace dyce
