// Seeded weights for the built-in backbones: activations stay of order one, nothing is zero or one.
#pragma once

#include "models/backbones.h"
#include "tests/support/tensors.h"

#include <cmath>
#include <memory>
#include <random>

namespace dyce::test {

/// Evenly spread values of this mean and deviation.
inline Tensor random_around(float mean, float deviation, const Shape& shape, std::mt19937& random) {
    const float reach = std::sqrt(3.F) * deviation;
    return random_tensor(shape, random, mean - reach, mean + reach);
}

/// The same seed and backbone give the same weights.
inline ParameterSource random_parameters(unsigned seed) {
    return [random = std::make_shared<std::mt19937>(seed)](const std::string& name, const Shape& shape) {
        const bool is_scale = shape.rank() == 1 && name.ends_with(".weight");
        if (is_scale || name.ends_with(".running_var")) return random_around(1, 0.3F, shape, *random);
        if (shape.rank() == 1) return random_around(0, 0.1F, shape, *random);
        const auto fan_in = static_cast<float>(shape.elements() / shape[0]);
        return random_around(0, std::sqrt(2 / fan_in), shape, *random);  // He et al., 2015
    };
}

/// Images of mean 0 and deviation 1, as after preprocessing.
inline Tensor random_images(const Shape& shape, unsigned seed) {
    std::mt19937 random(seed);
    return random_around(0, 1, shape, random);
}

}  // namespace dyce::test
