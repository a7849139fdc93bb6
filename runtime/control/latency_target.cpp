#include "runtime/control/latency_target.h"

namespace dyce {

int decide(const LatencyTarget& policy, const Telemetry& telemetry, Configurations configurations) {
    const Bound bound{[](const Window& window, double limit) { return window.p95_us / limit; },
                      policy.p95_us};
    return decide(bound, policy.accuracy_floor, telemetry, configurations);
}

}  // namespace dyce
