#include "search/train/network/gate_loss.h"

#include "search/train/backward/gate.h"
#include "search/train/random.h"

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

constexpr std::uint64_t kGateNoisePurpose = 8;  // of the random numbers
constexpr double kResourceWeight = 32;
constexpr double kLeastSlope = 0.05;  // of a probability: the target still moves gates that are sure

}  // namespace

GateStep gate_step(double target, std::uint64_t seed, std::int64_t step, std::int64_t all) {
    const double done = std::min(1.0, 2 * static_cast<double>(step) / static_cast<double>(all));
    return {1 + done * (target - 1), 1 - done, seed, step};
}

void draw_gate_noise(const GateStep& step, std::span<float> noise) {
    if (step.noise <= 0) return std::fill(noise.begin(), noise.end(), 0.f);
    Random random(step.seed, kGateNoisePurpose, static_cast<std::uint64_t>(step.step));
    for (float& one : noise) {
        const double u = std::max(random.uniform(), 0x1p-53);
        one = static_cast<float>(step.noise * std::log(u / (1 - u)));
    }
}

double gate_loss(const std::vector<GateRows>& gates, std::span<const float> noise, std::int64_t images,
                 const GateStep& step) {
    const auto count = static_cast<std::size_t>(images);
    const auto noise_of = [&](std::size_t row, std::size_t gate) {
        return noise.empty() ? 0 : noise[row * gates.size() + gate];
    };
    double run = 0;
    for (std::size_t g = 0; g < gates.size(); ++g)
        for (std::size_t row = 0; row < count; ++row)
            if (gate_runs(gates[g].logits[2 * row], gates[g].logits[2 * row + 1], noise_of(row, g)))
                run += gates[g].share;
    const double pull = 2 * kResourceWeight * (run / static_cast<double>(images) - step.target);
    for (std::size_t g = 0; g < gates.size(); ++g)
        for (std::size_t row = 0; row < count; ++row) {
            const float z = gates[g].logits[2 * row + 1] - gates[g].logits[2 * row] + noise_of(row, g);
            const double p = 1 / (1 + std::exp(-static_cast<double>(z)));
            const double slope = std::max(p * (1 - p), kLeastSlope);
            const double by_run = pull * gates[g].share / static_cast<double>(images) * slope;
            gates[g].gradient[2 * row] = static_cast<float>(-by_run);
            gates[g].gradient[2 * row + 1] = static_cast<float>(by_run);
        }
    return run;
}

}  // namespace dyce
