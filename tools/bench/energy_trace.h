// dyce bench --energy-trace: images on harvested energy, simulated: the network is run, time and energy are those of
// measurements. The same input gives the same output.
#pragma once

#include "tools/bench/capacitor.h"

#include <dyce/image.h>
#include <dyce/model.h>
#include <dyce/session.h>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace dyce {

/// What "CSV:capacity=J,cost=FILE[,watts=W][,charge=J]" says.
struct EnergyTrace {
    std::string trace, cost;
    double capacity = 0, charge = 0;
    std::optional<double> watts;  ///< drawn while computing, for costs in milliseconds
};
/// Throws Error{kUsage} at --energy-trace.
EnergyTrace parse_energy_trace(const std::string& text);

/// What an image costs on its way.
struct TraceCosts {
    StageCosts joules;
    StageCosts ms;
};
/// Reads a document of dyce bench --segments --json, at batch 1: milliseconds, which `watts` makes joules; or joules
/// of its own, "segment_j" and "j" beside or instead of them. Throws Error{kIo}, Error{kContent} naming the field,
/// Error{kUsage} when joules do not follow.
TraceCosts read_trace_costs(const std::string& path, std::optional<double> watts);

/// {"energy": {..}}: what became of `images`, one after the other, under `configuration`. Labels may be
/// empty. Throws Error{kUsage} when the store cannot even hold what one answer takes.
nlohmann::ordered_json replay_energy(const Model& model, const SessionOptions& options,
                                     const Configuration& configuration, const std::vector<Image>& images,
                                     const std::vector<int>& labels, const EnergyTrace& setting);

}  // namespace dyce
