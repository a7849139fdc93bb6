// A machine that serves under a configuration, as simple as can be: what controllers are tried on.
#pragma once

#include "runtime/control/telemetry.h"

#include <dyce/configuration.h>

#include <algorithm>
#include <random>
#include <vector>

namespace dyce::test {

/// `count` configurations of rising cost up to 1, accuracy rising with them.
inline std::vector<Configuration> random_set(std::mt19937& random, int count) {
    std::uniform_real_distribution<double> costs(0.1, 1.05);
    std::vector<Configuration> set(static_cast<std::size_t>(count));
    for (Configuration& c : set) c.relative_cost = costs(random);
    std::sort(set.begin(), set.end(), [](const Configuration& a, const Configuration& b) {
        return a.relative_cost < b.relative_cost;
    });
    for (std::size_t i = 0; i < set.size(); ++i)
        set[i].accuracy = set[i].accuracy_low =
            0.8 + 0.15 * static_cast<double>(i + 1) / static_cast<double>(count);
    return set;
}

/// A fluid queue before workers that need time in proportion to relative_cost.
struct Plant {
    double capacity;  ///< requests a window at relative cost 1
    double queue = 0;
    double noise = 0;  ///< relative, of each figure
    double step_cost =
        1e9;  ///< from this cost on, answers take `step` times as long: a tail that never leaves early
    double step = 1;
    double queue_limit = 1e9;
    // A disturbance from outside: everything takes so many times as long, answers wait for so long, and
    // others draw power.
    double slowdown = 1, stall_us = 0, other_watts = 0;
    std::mt19937 random{7};

    /// A window in which `arrived` requests come; 100 us of computation at cost 1.
    Window run(double cost, double arrived) {
        std::uniform_real_distribution<double> factor(1 - noise, 1 + noise);
        Window window;
        window.seconds = 1;
        window.arrived = arrived * factor(random);
        window.queued_before = queue;
        const double possible = capacity / (cost * slowdown);
        window.completed = std::min(queue + window.arrived, possible);
        queue += window.arrived - window.completed;
        window.refused = std::max(0.0, queue - queue_limit);
        queue -= window.refused;
        window.queued_after = queue;
        window.busy = std::min(1.0, window.completed / possible * factor(random));
        const double compute_us = 100 * cost * slowdown * (cost >= step_cost ? step : 1) + stall_us;
        const double wait_us = (window.queued_before + window.queued_after) / 2 / possible * 1e6;
        window.p95_us = (compute_us + wait_us) * factor(random);
        window.watts = 5 + other_watts + 50 * window.busy * factor(random);
        return window;
    }
};

}  // namespace dyce::test
