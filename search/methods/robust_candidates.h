// Candidates for a front that are robust to single images. The smallest objective on a record is reached
// by fitting its accidents, too: on other images such configurations lose accuracy that they never had.
// These give a little of the objective for staying what they are.
#pragma once

#include "search/methods/search_method.h"

#include <vector>

namespace dyce {

/// For a row of risks, from hardly any to one half: every exit leaves at that risk of harm (RiskCurve), with
/// one type everywhere, with the type at each site that saves most, and with only those exits that are worth
/// their cost.
std::vector<Solution> equal_risk(const SearchSpace& space, int threads);

/// Circular search where an exit must be worth several right answers to be switched on.
std::vector<Solution> few_exits(const SearchSpace& space, const std::vector<Objective>& objectives,
                                int threads);

}  // namespace dyce
