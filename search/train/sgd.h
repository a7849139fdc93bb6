// Stochastic gradient descent with Nesterov's momentum (Sutskever et al., ICML 2013; as PyTorch has it). One
// optimiser belongs to one set of parameters. The same shape as AdamW.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace dyce {

struct Sgd {
    static constexpr float kMomentum = 0.9f;

    std::vector<float> velocity;

    explicit Sgd(std::size_t count) : velocity(count) {}

    /// Updates parameters begin .. begin + count - 1; `decay` is L2: it joins the gradient.
    void update(std::span<float> parameters, std::span<const float> gradient, std::size_t begin,
                std::size_t count, double rate, double decay) {
        const auto step = static_cast<float>(rate), pull = static_cast<float>(decay);
        for (std::size_t i = begin; i < begin + count; ++i) {
            const float g = gradient[i] + pull * parameters[i];
            velocity[i] = kMomentum * velocity[i] + g;
            parameters[i] -= step * (g + kMomentum * velocity[i]);
        }
    }
};

}  // namespace dyce
