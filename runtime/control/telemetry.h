// What was measured while serving: events gathered into windows, and the last window of every configuration.
// Memory is taken at construction; nothing else allocates. Owned by a scheduler; one thread at a time. Time
// comes from the caller.
#pragma once

#include "runtime/control/setback.h"
#include "runtime/control/window.h"

#include <dyce/gate_count.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dyce {

/// What a queue counted during a window, and how long it is at the end.
struct QueueFigures {
    std::size_t arrived = 0, refused = 0, queued = 0;
};

class Telemetry {
public:
    /// Latencies beyond `samples` replace the oldest of their window. Of no more than `positions` gates.
    Telemetry(std::size_t configurations, std::size_t positions, std::size_t samples = 1024);

    // Events.
    void start(double now_s, double joules = Window::kUnknown) {
        start_s_ = now_s;
        joules_ = joules;
    }
    /// `position` the image left at.
    void answered(double latency_us, std::size_t position);
    /// A worker computed for so long.
    void worked(double seconds) { busy_s_ += seconds; }
    /// What the gates of the model decided so far: the same ones every time.
    void decided(std::span<const GateCount> so_far);

    std::size_t answers() const { return static_cast<std::size_t>(open_.completed); }
    double age_s(double now_s) const { return now_s - start_s_; }

    /// Ends the window; the next one begins.
    void close(double now_s, const QueueFigures& queue, int workers, double joules = Window::kUnknown);
    /// Adds a window measured elsewhere.
    void add(const Window& window);
    /// From here on configuration `index` is in force.
    void switched(int index);

    // What is known.
    int configuration() const { return configuration_; }
    const Window& last() const { return last_; }
    /// Whole windows under the configuration in force. The first one is mixed with what ran before.
    bool is_settled() const { return windows_in_force_ > 1; }
    /// The last settled window of a configuration, unless there is none, or it is long past.
    const Window* seen(int index) const;
    const Setback& setback() const { return setback_; }
    /// Of the last window: shares of the answers by position.
    const std::vector<double>& exit_share() const { return exit_share_; }
    /// Of the last window, what gates decided.
    const std::vector<GateCount>& gates() const { return gates_; }

private:
    struct Memory {
        Window window;
        std::int64_t number = -1;
    };

    double p95();

    Window open_, last_;
    double start_s_ = 0, busy_s_ = 0;
    double joules_ = Window::kUnknown;
    std::vector<double> latencies_, scratch_;  // the last of the open window
    std::vector<std::int64_t> exits_;
    std::vector<double> exit_share_;
    std::vector<GateCount> gates_, decided_,
        decided_before_;  // the latter: so far, and when the window began

    Setback setback_;
    int configuration_ = 0;
    int windows_in_force_ = 0;
    std::int64_t number_ = 0;
    std::vector<Memory> memory_;  // by configuration
};

}  // namespace dyce
