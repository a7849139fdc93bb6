#include "runtime/session/supply_costs.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace dyce {
namespace {

[[noreturn]] void fail_costs(const std::string& where, const std::string& message) {
    throw Error(ErrorCode::kUsage, where, message);
}

double checked_cost(double cost, int site, const std::string& where) {
    if (std::isfinite(cost) && cost >= 0) return cost;
    fail_costs(where,
               "site " + std::to_string(site) + " costs " + std::to_string(cost) + ", expected 0 or more");
}

double cost_of_head(const StageCosts::Stage& stage, const std::string& type, const std::string& where) {
    const auto head = std::ranges::find(stage.heads, type, &StageCosts::Head::type);
    if (head == stage.heads.end())
        fail_costs(where,
                   "site " + std::to_string(stage.site) + " does not tell what its head " + type + " costs");
    return checked_cost(head->cost, stage.site, where);
}

// Whether rows pay for the stage that ends there by itself: they may leave there, or have come there past a gate.
bool is_paid_alone(const std::vector<ExitSite>& positions, std::size_t p) {
    const bool is_behind_gate =
        p > 0 && positions[p - 1].member == positions[p].member && positions[p - 1].gate;
    return !positions[p].heads.empty() || positions[p].gate || is_behind_gate;
}

}  // namespace

SupplyCosts supply_costs(const StageCosts& costs, const std::vector<ExitSite>& positions,
                         const std::string& where) {
    SupplyCosts result{std::vector<double>(positions.size()), {}};
    result.heads.resize(positions.size());
    double way = 0;  // since the last position that is paid alone
    auto stage = costs.stages.begin();
    for (std::size_t p = 0; p < positions.size(); ++p) {
        const bool is_told = stage != costs.stages.end() && stage->site == static_cast<int>(p);
        if (is_told) way += checked_cost(stage->cost, stage->site, where);
        if (is_paid_alone(positions, p)) {
            if (!is_told) fail_costs(where, "site " + std::to_string(p) + " is missing");
            result.stages[p] = std::exchange(way, 0);
            for (const ExitSite::Head& head : positions[p].heads)
                result.heads[p].push_back(cost_of_head(*stage, head.type, where));
        }
        if (is_told) ++stage;
    }
    if (stage != costs.stages.end())
        fail_costs(where, "site " + std::to_string(stage->site) +
                              " is not one of the model's, or not in their order");
    return result;
}

}  // namespace dyce
