#include "runtime/control/configuration_controller.h"

#include "runtime/control/keep_up.h"
#include "runtime/control/latency_target.h"
#include "runtime/control/power_budget.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

namespace dyce {
namespace {

constexpr std::size_t kMinAnswers = 20;  // fewer have no 95th percentile
constexpr double kLongEnough = 1;        // seconds, for what is no percentile
constexpr double kBetweenSwitches = 1;   // seconds

void require(bool condition, const char* member, const char* expected) {
    if (!condition)
        throw Error(ErrorCode::kUsage, std::string("policy ") + member, std::string("expected ") + expected);
}

bool is_positive(double value) { return value > 0 && std::isfinite(value); }

struct Check {
    void operator()(const KeepConfiguration&) const {}
    void operator()(const MeetDeadlines& policy) const { floor(policy.accuracy_floor); }
    void operator()(const LatencyTarget& policy) const {
        require(is_positive(policy.p95_us), "p95_us", "microseconds above 0");
        floor(policy.accuracy_floor);
    }
    void operator()(const KeepUp& policy) const {
        require(policy.busy > 0 && policy.busy <= 1, "busy", "a share above 0 and at most 1");
        floor(policy.accuracy_floor);
    }
    void operator()(const PowerBudget& policy) const {
        require(is_positive(policy.watts), "watts", "a power above 0");
        require(has_meter, "meter", "an energy meter for a power budget");
        floor(policy.accuracy_floor);
    }
    static void floor(double value) {
        require(value >= 0 && value <= 1, "accuracy_floor", "a number from 0 to 1");
    }

    bool has_meter;
};

// The choice at the end of a window; policies that choose otherwise keep what there is.
struct Choose {
    int operator()(const KeepConfiguration&) const { return telemetry.configuration(); }
    int operator()(const MeetDeadlines&) const { return telemetry.configuration(); }
    template <class FeedbackPolicy>
    int operator()(const FeedbackPolicy& policy) const {
        return decide(policy, telemetry, configurations);
    }

    const Telemetry& telemetry;
    Configurations configurations;
};

}  // namespace

ConfigurationController::ConfigurationController(std::vector<Configuration> configurations,
                                                 const ControllerOptions& options, double now_s)
    : configurations_(std::move(configurations)),
      policy_(options.policy),
      workers_(options.workers),
      window_s_(options.window_s),
      switched_s_(-kBetweenSwitches + now_s),
      meter_(options.meter),
      telemetry_(std::max<std::size_t>(1, configurations_.size()), options.positions),
      times_(configurations_.size()) {
    std::visit(Check{meter_ != nullptr}, policy_);
    require(!configurations_.empty() || std::holds_alternative<KeepConfiguration>(policy_), "set",
            "configurations to choose from");
    require(is_positive(window_s_), "window_s", "seconds above 0");
    telemetry_.switched(options.first);
    telemetry_.start(now_s, joules());
}

int ConfigurationController::choose(int images, double left_us) {
    if (std::holds_alternative<KeepConfiguration>(policy_)) return -1;
    if (const auto* policy = std::get_if<MeetDeadlines>(&policy_)) {
        const int index = decide(*policy, left_us, images, times_, configurations_);
        telemetry_.switched(
            times_.try_dearer({index, left_us / images, policy->accuracy_floor}, configurations_));
    }
    return telemetry_.configuration();
}

void ConfigurationController::worked(int index, int images, double seconds, double equivalent) {
    telemetry_.worked(seconds);
    latest_.observed(0, seconds * 1e6 / images);
    if (index >= 0) times_.observed(index, seconds * 1e6 / equivalent);
}

bool ConfigurationController::is_due(double now_s) const {
    const double age_s = telemetry_.age_s(now_s);
    const bool counts_time =
        std::holds_alternative<KeepUp>(policy_) || std::holds_alternative<PowerBudget>(policy_);
    return age_s >= window_s_ &&
           (telemetry_.answers() >= kMinAnswers || (counts_time && age_s >= kLongEnough));
}

int ConfigurationController::close(double now_s, const QueueFigures& queue) {
    telemetry_.close(now_s, queue, workers_, joules());
    if (std::holds_alternative<KeepConfiguration>(policy_)) return -1;
    if (now_s - switched_s_ < kBetweenSwitches) return telemetry_.configuration();
    const int next = std::visit(Choose{telemetry_, configurations_}, policy_);
    if (next != telemetry_.configuration()) switched_s_ = now_s;
    telemetry_.switched(next);
    return next;
}

double ConfigurationController::accuracy_floor() const {
    return std::visit(
        [](const auto& policy) {
            if constexpr (std::is_same_v<decltype(policy), const KeepConfiguration&>)
                return 0.0;
            else
                return policy.accuracy_floor;
        },
        policy_);
}

double ConfigurationController::predicted_us() const {
    const double predicted = latest_.predicted_us(0, {});
    return std::isnan(predicted) ? 0 : predicted;
}

double ConfigurationController::joules() {
    if (meter_ == nullptr) return Window::kUnknown;
    try {
        EnergyMeter::Reading reading = meter_->read();
        no_power_reason_ = std::move(reading.reason);
        return reading.joules.value_or(Window::kUnknown);
    } catch (const std::exception& error) {  // of a meter that is not ours
        no_power_reason_ = error.what();
        return Window::kUnknown;
    }
}

}  // namespace dyce
