// Energy as a supply of the exit loop. A function.
#pragma once

#include "graph/exits/exits.h"
#include "runtime/flow/supply.h"

#include <dyce/engine_options.h>

#include <memory>
#include <vector>

namespace dyce {

/// Null when options.energy is. Throws as supply_costs().
std::unique_ptr<Supply> make_energy_supply(const EngineOptions& options,
                                           const std::vector<ExitSite>& positions);

}  // namespace dyce
