#include "runtime/flow/supply.h"

#include <algorithm>

namespace dyce {

std::size_t place_of_head(const ExitSite& site, int head) {
    const auto found = std::ranges::find(site.heads, head, &ExitSite::Head::index);
    return static_cast<std::size_t>(found - site.heads.begin());
}

double head_cost(const SupplyCosts& costs, const ExitPlan& plan, const std::vector<ExitSite>& positions,
                 std::size_t position) {
    const DecisionPoint& point = plan.points[position];
    return costs
        .heads[position][point.enabled ? place_of_head(positions[position], point.head) : point.late_head];
}

}  // namespace dyce
