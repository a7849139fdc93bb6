// AdamW (arXiv 1711.05101) and the learning rate over time. One optimiser belongs to one set of parameters.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <span>
#include <vector>

namespace dyce {

/// Rises linearly over the first twentieth of all steps, then falls to zero along half a cosine.
inline double learning_rate(double peak, std::int64_t step, std::int64_t steps) {
    const std::int64_t warm_up = steps / 20;
    if (step < warm_up) return peak * static_cast<double>(step + 1) / static_cast<double>(warm_up + 1);
    const double done = static_cast<double>(step - warm_up) / static_cast<double>(steps - warm_up);
    return peak * 0.5 * (1 + std::cos(std::numbers::pi * done));
}

struct AdamW {
    static constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-8;

    std::vector<float> first, second;  ///< moments of the gradient
    std::int64_t steps = 0;

    explicit AdamW(std::size_t count) : first(count), second(count) {}

    /// Call before the updates of a step.
    void begin_step() { ++steps; }
    /// Updates parameters begin .. begin + count - 1; `decay` is decoupled from the gradient.
    void update(std::span<float> parameters, std::span<const float> gradient, std::size_t begin,
                std::size_t count, double rate, double decay) {
        const auto scale1 = static_cast<float>(1 / (1 - std::pow(kBeta1, static_cast<double>(steps))));
        const auto scale2 = static_cast<float>(1 / (1 - std::pow(kBeta2, static_cast<double>(steps))));
        constexpr auto kB1 = static_cast<float>(kBeta1), kB2 = static_cast<float>(kBeta2);
        const auto step = static_cast<float>(rate), keep = static_cast<float>(1 - rate * decay);
        for (std::size_t i = begin; i < begin + count; ++i) {
            const float g = gradient[i];
            first[i] = kB1 * first[i] + (1 - kB1) * g;
            second[i] = kB2 * second[i] + (1 - kB2) * g * g;
            parameters[i] =
                keep * parameters[i] -
                step * first[i] * scale1 / (std::sqrt(second[i] * scale2) + static_cast<float>(kEpsilon));
        }
    }
};

}  // namespace dyce
