#include "runtime/control/power_budget.h"

namespace dyce {

int decide(const PowerBudget& policy, const Telemetry& telemetry, Configurations configurations) {
    const Bound bound{[](const Window& window, double limit) { return window.watts / limit; }, policy.watts};
    return decide(bound, policy.accuracy_floor, telemetry, configurations);
}

}  // namespace dyce
