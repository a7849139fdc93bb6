#include "runtime/control/keep_up.h"

#include <algorithm>

namespace dyce {
namespace {

double demand(const Window& window, double limit) {
    const double left = window.queued_after + window.refused;
    return window.busy * (1 + left / std::max(1.0, window.completed)) / limit;
}

}  // namespace

int decide(const KeepUp& policy, const Telemetry& telemetry, Configurations configurations) {
    return decide({demand, policy.busy}, policy.accuracy_floor, telemetry, configurations);
}

}  // namespace dyce
