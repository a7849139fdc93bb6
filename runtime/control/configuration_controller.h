// A policy at work: gathers telemetry and says which configuration of a set to use. Owned by a scheduler; one
// thread at a time. Time and the energy meter come from outside.
#pragma once

#include "runtime/control/deadlines.h"
#include "runtime/control/telemetry.h"

#include <dyce/configuration.h>
#include <dyce/policy.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace dyce {

struct ControllerOptions {
    Policy policy = {};
    int first = 0;  ///< configuration in force at the start
    std::size_t positions = 1;
    int workers = 1;
    double window_s =
        0.5;  ///< a window lasts at least so long, and holds at least 20 answers where it matters
    std::shared_ptr<EnergyMeter> meter = nullptr;  ///< for PowerBudget
};

class ConfigurationController {
public:
    /// Throws Error{kUsage} when the policy asks for what cannot be, or for configurations there are not.
    ConfigurationController(std::vector<Configuration> configurations, const ControllerOptions& options,
                            double now_s);

    /// The configuration for a batch that is about to start; `left_us` until its tightest deadline. -1 =
    /// whatever is in force, of a set or not.
    int choose(int images, double left_us);

    void answered(double latency_us, std::size_t position) { telemetry_.answered(latency_us, position); }
    /// As Telemetry::decided().
    void decided(std::span<const GateCount> so_far) { telemetry_.decided(so_far); }
    /// A batch ran for `seconds` under `index` of the set, -1 = another configuration.
    void worked(int index, int images, double seconds) { worked(index, images, seconds, images); }
    /// The same where some of its images ran under configurations of their own: it took as long as
    /// `equivalent` images under `index` would have taken.
    void worked(int index, int images, double seconds, double equivalent);

    /// Whether the window is long enough to be closed. A share of time or a power needs no 20 answers; then a
    /// second will do.
    bool is_due(double now_s) const;
    /// Closes it and chooses as choose() does, for the batches to come: another one at most once a second.
    int close(double now_s, const QueueFigures& queue);

    /// Of the policy; 0 = it has none.
    double accuracy_floor() const;
    /// How long an image of the batches to come may take, judged by the latest ones; 0 before the first.
    double predicted_us() const;
    const Telemetry& telemetry() const { return telemetry_; }
    /// Why power is unknown; empty when it is known or nobody asked.
    const std::string& no_power_reason() const { return no_power_reason_; }

private:
    double joules();

    std::vector<Configuration> configurations_;
    Policy policy_;
    int workers_;
    double window_s_;
    double switched_s_;  ///< when close() last chose another one
    std::shared_ptr<EnergyMeter> meter_;
    std::string no_power_reason_;
    Telemetry telemetry_;
    ServiceTimes times_;
    ServiceTimes latest_{1};  // whatever ran
};

}  // namespace dyce
