// Costs as callers tell them, for the exit loop. A pure function.
#pragma once

#include "graph/exits/exits.h"
#include "runtime/flow/supply.h"

#include <dyce/policy.h>

#include <string>
#include <vector>

namespace dyce {

/// What `costs` says, by position; ways to sites without heads or gates are part of the next one. Throws Error{kUsage} at
/// `where` naming the site or head of `positions` that it does not tell, or one with a cost that is none.
SupplyCosts supply_costs(const StageCosts& costs, const std::vector<ExitSite>& positions,
                         const std::string& where);

}  // namespace dyce
