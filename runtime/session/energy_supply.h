// Energy as a supply of the exit loop. A function.
#pragma once

#include "graph/exits/exits.h"
#include "runtime/flow/supply.h"

#include <dyce/engine_options.h>

#include <memory>
#include <vector>

namespace dyce {

/// What `costs` says, by position; ways to sites without heads are part of the next one. Throws Error{kUsage}
/// naming the site or head of `positions` that it does not tell, or one with a cost that is none.
SupplyCosts supply_costs(const EnergyCosts& costs, const std::vector<ExitSite>& positions);

/// Null when options.energy is. Throws as supply_costs().
std::unique_ptr<Supply> make_energy_supply(const EngineOptions& options,
                                           const std::vector<ExitSite>& positions);

}  // namespace dyce
