// Gates of a network in training: what they decide about, and the graph in which they do. Functions.
#pragma once

#include "graph/exits/exits.h"
#include "graph/graph.h"
#include "loaders/format/model_file.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dyce {

inline constexpr const char* kGateNoise = "gate.noise";  ///< the input of a gated graph that is no image
inline constexpr float kGateRateFactor = 3;              ///< gates learn that much faster than the backbone

/// A gate of a network.
struct TrainedGate {
    int output;    ///< of the graph: its logits, N x 2
    double share;  ///< of the cost of all stages that have gates
};

/// What a network costs whose stages are skipped: multiply-adds, or what its stages were measured to take.
struct GatedCost {
    std::vector<TrainedGate> gates;      ///< as the table lists them
    double whole = 0;                    ///< of the backbone
    double gated = 0;                    ///< of that, of stages that have gates
    double asked = 0;                    ///< of the gates themselves, where `whole` leaves them out
    const char* unit = "multiply-adds";  ///< in messages

    /// The share of the whole that a network runs of whose gated stages this share runs; the gates count.
    double of_network(double share_of_gated) const;
    /// The other way round, 0 to 1; throws Error{kUsage} at --target where even all gates shut cost more.
    double of_gated(double share_of_network) const;
};

/// `measured`, unless it is empty, says what the stage that ends at each site takes, its gate included, and behind the sites
/// the one that ends at the classifier.
GatedCost gated_cost(const Member& member, std::span<const double> measured = {});

/// The share of the network's cost that runs, gates included, where `open` tells how often the stage of each
/// output's gate does.
double share_run(const GatedCost& cost, std::span<const double> open);

/// The network with its gates at work: behind each stage that has one stands a node (gate_op()) that takes its result or
/// what went in; everything behind it reads that. Constants keep their ids. With `noisy` the graph has a second input,
/// kGateNoise, N x gates.
Graph gated_graph(const Member& member, bool noisy);

/// The member's graph with each constant filled by the factor of the rate at which it learns.
Graph rate_factors(const Member& member);

}  // namespace dyce
