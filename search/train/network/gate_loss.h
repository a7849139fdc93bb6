// What gates learn from besides the answer: what they let run. Functions.
#pragma once

#include "search/train/network/gates.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dyce {

/// How gates are trained at one step.
struct GateStep {
    double target = 1;       ///< share of the gated stages' multiply-adds that is to run
    double noise = 0;        ///< what logistic noise is multiplied by; 0: none
    std::uint64_t seed = 0;  ///< of the noise, with the step
    std::int64_t step = 0;
};

/// The target falls from 1 to `target` over the first half of the steps while the noise dies away; then both stay.
GateStep gate_step(double target, std::uint64_t seed, std::int64_t step, std::int64_t all);

/// Logistic noise: what two logits differ by when each has Gumbel's.
void draw_gate_noise(const GateStep& step, std::span<float> noise);

/// One gate's logits and their gradient, a row of two for each image.
struct GateRows {
    std::span<const float> logits;
    std::span<float> gradient;
    double share;  ///< TrainedGate::share
};

/// Writes the gradient of 32 * (share of the gated stages that ran on average - target)^2, straight through the hard
/// decisions, but that of gates that are sure is not let vanish; `noise` has a row of gates.size() numbers for each image, or is empty. Returns the sum over images of the
/// share that ran.
double gate_loss(const std::vector<GateRows>& gates, std::span<const float> noise, std::int64_t images,
                 const GateStep& step);

}  // namespace dyce
