// Which heads a set of configurations thinks most of. Pure function.
#pragma once

#include <dyce/configuration.h>

#include <vector>

namespace dyce {

/// As BestHeads says: of equally accurate configurations the first one, of equally frequent types the one
/// that sorts first. What is known of heads is how accurate the configurations are that a search gave them
/// to.
BestHeads find_best_heads(const std::vector<Configuration>& configurations);

}  // namespace dyce
