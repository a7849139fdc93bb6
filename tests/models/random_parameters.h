// Seeded weights for the built-in backbones: activations stay of order one, nothing is zero or one.
#pragma once

#include "models/backbones.h"

#include <cmath>
#include <memory>
#include <random>

namespace dyce::test {

/// Evenly spread values of this mean and deviation.
inline Tensor random_tensor(const Shape& shape, float mean, float deviation, std::mt19937& random) {
    const float reach = std::sqrt(3.F) * deviation;
    std::uniform_real_distribution<float> distribution(mean - reach, mean + reach);
    Tensor tensor(DataType::kFloat32, shape);
    float* values = tensor.mutable_data<float>();
    for (std::int64_t i = 0; i < tensor.elements(); ++i) values[i] = distribution(random);
    return tensor;
}

/// The same seed and backbone give the same weights.
inline ParameterSource random_parameters(unsigned seed) {
    return [random = std::make_shared<std::mt19937>(seed)](const std::string& name, const Shape& shape) {
        const bool is_scale = shape.rank() == 1 && name.ends_with(".weight");
        if (is_scale || name.ends_with(".running_var")) return random_tensor(shape, 1, 0.3F, *random);
        if (shape.rank() == 1) return random_tensor(shape, 0, 0.1F, *random);
        const auto fan_in = static_cast<float>(shape.elements() / shape[0]);
        return random_tensor(shape, 0, std::sqrt(2 / fan_in), *random);  // He et al., 2015
    };
}

/// Images of mean 0 and deviation 1, as after preprocessing.
inline Tensor random_images(const Shape& shape, unsigned seed) {
    std::mt19937 random(seed);
    return random_tensor(shape, 0, 1, random);
}

}  // namespace dyce::test
