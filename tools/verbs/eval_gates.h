// What dyce eval --gates-report tells: how often each gate opened, and which ways images took.
#pragma once

#include "tools/verbs/gate_coins.h"
#include "tools/verbs/gate_table.h"

#include <dyce/session.h>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <map>
#include <tuple>
#include <vector>

namespace dyce {

/// Counts answers. Plain values.
class GateTotals {
public:
    /// Throws Error{kUsage} when `model` has no gates, or `configuration` is not for it.
    GateTotals(const ModelData& model, const Configuration& configuration);

    /// An answer without an error.
    void count(const Prediction& answer);

    /// By site: the share of the images that the gate let run the stage, of those that it decided about.
    OpenRates open_rates() const;
    /// The same with each gate doing always what it did for most images.
    OpenRates majority() const;

    nlohmann::ordered_json json() const;
    void print() const;

private:
    struct Count {
        std::size_t decided = 0, opened = 0;
    };
    /// Where an image left, and the sites it skipped to.
    struct Path {
        int exit_site;
        std::vector<int> skipped;
        bool operator<(const Path& other) const {
            return std::tie(exit_site, skipped) < std::tie(other.exit_site, other.skipped);
        }
    };

    double rate(std::size_t gate) const;
    double share(std::size_t images) const;
    std::vector<std::pair<Path, std::size_t>> commonest() const;

    std::vector<GateRow> gates_;
    std::vector<bool> member_runs_;
    std::vector<Count> counts_;  // by gate
    std::map<Path, std::size_t> paths_;
    std::size_t images_ = 0, sites_ = 0;
};

/// What gates that do not look at images come to.
struct BlindGates {
    CoinFigures majority;            ///< each does always what it did for most images
    std::vector<CoinFigures> draws;  ///< each opens by a coin, as often as it did

    CoinFigures mean() const;
    nlohmann::ordered_json json() const;
    void print() const;
};

}  // namespace dyce
