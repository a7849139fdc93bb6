#include "runtime/session/energy_supply.h"

#include "runtime/core/index.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace dyce {
namespace {

class EnergySupply final : public Supply {
public:
    EnergySupply(std::shared_ptr<EnergyStore> store, SupplyCosts costs)
        : Supply(std::move(costs)), store_(std::move(store)) {}

    double left() override {
        const std::lock_guard lock(mutex_);
        return store_->joules_left();
    }
    Cut cut() const override { return Cut::kEnergy; }

private:
    std::mutex mutex_;
    std::shared_ptr<EnergyStore> store_;
};

[[noreturn]] void fail_costs(const std::string& message) {
    throw Error(ErrorCode::kUsage, "energy_costs", message);
}

double checked_joules(double joules, int site) {
    if (std::isfinite(joules) && joules >= 0) return joules;
    fail_costs("site " + std::to_string(site) + " costs " + std::to_string(joules) +
               " J, expected 0 or more");
}

double joules_of(const EnergyCosts::Stage& stage, const std::string& type) {
    const auto head = std::ranges::find(stage.heads, type, &EnergyCosts::Head::type);
    if (head == stage.heads.end())
        fail_costs("site " + std::to_string(stage.site) + " does not tell what its head " + type + " costs");
    return checked_joules(head->joules, stage.site);
}

}  // namespace

SupplyCosts supply_costs(const EnergyCosts& costs, const std::vector<ExitSite>& positions) {
    SupplyCosts result{std::vector<double>(positions.size()), {}};
    result.heads.resize(positions.size());
    double way = 0;  // since the last position with heads
    auto stage = costs.stages.begin();
    for (std::size_t p = 0; p < positions.size(); ++p) {
        const bool is_told = stage != costs.stages.end() && stage->site == static_cast<int>(p);
        if (is_told) way += checked_joules(stage->joules, stage->site);
        if (!positions[p].heads.empty()) {
            if (!is_told) fail_costs("site " + std::to_string(p) + " is missing");
            result.stages[p] = std::exchange(way, 0);
            for (const ExitSite::Head& head : positions[p].heads)
                result.heads[p].push_back(joules_of(*stage, head.type));
        }
        if (is_told) ++stage;
    }
    if (stage != costs.stages.end())
        fail_costs("site " + std::to_string(stage->site) +
                   " is not one of the model's, or not in their order");
    return result;
}

std::unique_ptr<Supply> make_energy_supply(const EngineOptions& options,
                                           const std::vector<ExitSite>& positions) {
    if (options.energy == nullptr) return nullptr;
    return std::make_unique<EnergySupply>(options.energy, supply_costs(options.energy_costs, positions));
}

}  // namespace dyce
