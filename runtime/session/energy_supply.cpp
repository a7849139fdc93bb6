#include "runtime/session/energy_supply.h"

#include "runtime/session/supply_costs.h"

#include <mutex>
#include <utility>

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

}  // namespace

std::unique_ptr<Supply> make_energy_supply(const EngineOptions& options,
                                           const std::vector<ExitSite>& positions) {
    if (options.energy == nullptr) return nullptr;
    return std::make_unique<EnergySupply>(options.energy,
                                          supply_costs(options.energy_costs, positions, "energy_costs"));
}

}  // namespace dyce
