// When how many weights go, and which layers cannot spare theirs. One thread.
#pragma once

#include "search/compress/compress.h"
#include "search/compress/sparsity.h"
#include "search/train/network/network_training.h"

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace dyce {

class CompressSchedule {
public:
    /// Of a network in training: how big its file would be, and how often it is right.
    struct Judge {
        std::function<std::uint64_t(const Graph& trained)> bytes;
        std::function<double(const Graph& trained)> accuracy;
    };

    /// `graph`: as it is trained, with the numbers that training begins with. What is referred to outlives this object.
    CompressSchedule(const Graph& graph, NetworkTrainer& trainer, Judge judge, const CompressOptions& options,
                     std::int64_t all_steps);

    /// Throws Error{kUsage} where the target has no room for the least that has to stay.
    void check_target();

    /// Cuts and measures where it is time to.
    void before_step(std::int64_t step);
    /// The trainer holds other numbers, and the state below was set.
    void state_was_set();
    std::vector<std::span<float>> state();

    /// The trained network, cut further where it does not fit. Whether it does.
    bool finish(Graph& graph);

    const Sparsity& sparsity() const { return sparsity_; }
    /// What was reached on the way: bytes and accuracy.
    std::vector<std::pair<double, double>> reached() const;

private:
    bool fits(double density) const;
    double density_for_target();
    double density_at(std::int64_t step) const;
    void cut(double density);
    void measure(std::int64_t step);
    void freeze_fragile(double accuracy);
    Graph now() const;

    Graph graph_;  // numbers of the last look
    NetworkTrainer& trainer_;
    Judge judge_;
    const CompressOptions& options_;
    Sparsity sparsity_;
    std::int64_t between_, last_;  // steps between cuts; the step of the last one
    std::vector<float> lost_;      // by weight: what was cut since the last measurement
    std::array<float, 1> target_density_{-1};
    static constexpr int kMeasurements = 5;
    std::array<float, std::size_t{2} * (kMeasurements + 1)> reached_{};
};

}  // namespace dyce
