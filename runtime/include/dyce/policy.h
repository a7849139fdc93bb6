// How the configuration in force follows what is going on: policies a Scheduler can be given. Plain values.
#pragma once

#include <dyce/configuration.h>
#include <dyce/export.h>

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace dyce {

// LatencyTarget, KeepUp and PowerBudget look at windows (SchedulerOptions::window_s) and choose another
// configuration at most once a second: a cheaper one when a window used too much, a dearer one as far as the
// last window leaves room. With the default window the configuration from before a disturbance is back within
// two seconds after it; a latency needs 40 requests a second for that, because a percentile needs 20 answers.

/// Keeps the 95th percentile of the time from submission to answer below `p95_us` microseconds, with the most
/// accurate configuration that does.
struct LatencyTarget {
    double p95_us = 0;
    double accuracy_floor = 0;  ///< configurations of a lower accuracy_low are not used
};

/// Keeps up with what arrives: cheaper while the workers have more to do than they can, back when they idle.
struct KeepUp {
    double busy = 0.9;  ///< share of the workers' time that may be needed
    double accuracy_floor = 0;
};

/// Keeps the power drawn below `watts`, as an EnergyMeter tells. Without readings nothing changes.
struct PowerBudget {
    double watts = 0;
    double accuracy_floor = 0;
};

/// Chooses for each batch the most accurate configuration that fits the time its tightest deadline leaves.
/// One that was too slow is tried again every few batches.
struct MeetDeadlines {
    double accuracy_floor = 0;
};

/// Nothing changes by itself.
struct KeepConfiguration {};

using Policy = std::variant<KeepConfiguration, LatencyTarget, KeepUp, PowerBudget, MeetDeadlines>;

/// A counter of energy. Called from one thread at a time.
class DYCE_API EnergyMeter {
public:
    struct Reading {
        std::optional<double> joules;  ///< since some fixed moment; never falls
        std::string reason;            ///< why there is none
    };

    virtual ~EnergyMeter() = default;
    virtual Reading read() = 0;
};

/// Energy at hand: what a capacitor or a battery holds. Called from one thread at a time.
class DYCE_API EnergyStore {
public:
    virtual ~EnergyStore() = default;
    virtual double joules_left() = 0;
};

/// What an image costs on its way, in whatever unit: joules, milliseconds.
struct StageCosts {
    struct Head {
        std::string type;
        double cost = 0;
    };
    /// The way to a site from the site with heads before it, and each head there.
    struct Stage {
        int site = 0;  ///< through all members; the number of sites = the final exit
        double cost = 0;
        std::vector<Head> heads = {};
    };
    std::vector<Stage> stages =
        {};  ///< rising sites: all that have heads, members' classifiers and the final exit
};

/// Counts what the processor packages use, from the powercap counters of Linux. Reading them needs rights
/// that many systems give to root only.
DYCE_API std::unique_ptr<EnergyMeter> powercap_meter(const std::string& root = "/sys/class/powercap");

/// `configuration`, but every image leaves at `site` by its head `type` at the latest: a fixed budget for
/// all of them. Its name tells; its estimates are unknown.
DYCE_API Configuration halt_at(const Configuration& configuration, int site, const std::string& type);

}  // namespace dyce
