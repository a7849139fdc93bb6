// What a head computes, by plain loops in double: pools of each layout, and a perceptron.
#pragma once

#include "graph/exits/head_builder.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace dyce::test {

/// ReLU between any two layers.
inline std::vector<double> plain_perceptron(std::vector<double> x, const std::vector<HeadLayer>& layers) {
    for (std::size_t k = 0; k < layers.size(); ++k) {
        const float *weight = layers[k].weight.data<float>(), *bias = layers[k].bias.data<float>();
        std::vector<double> y(static_cast<std::size_t>(layers[k].bias.elements()));
        for (std::size_t o = 0; o < y.size(); ++o) {
            y[o] = static_cast<double>(bias[o]);
            for (const double value : x) y[o] += value * static_cast<double>(*weight++);
            if (k + 1 < layers.size()) y[o] = std::max(y[o], 0.0);
        }
        x = y;
    }
    return x;
}

/// One image's features: where channel c at (row, column) lies.
struct PlainMap {
    std::int64_t channels, height, width;
    std::int64_t channel_step, row_step, column_step;
};

/// Averages over grid x grid cells of one size, in the order (channel, row, column).
inline std::vector<double> plain_pool(const float* image, const PlainMap& map, std::int64_t grid) {
    const std::int64_t rows = map.height / grid, columns = map.width / grid;
    std::vector<double> pooled;
    for (std::int64_t c = 0; c < map.channels; ++c)
        for (std::int64_t y = 0; y < grid; ++y)
            for (std::int64_t x = 0; x < grid; ++x) {
                double sum = 0;
                for (std::int64_t i = y * rows; i < (y + 1) * rows; ++i)
                    for (std::int64_t j = x * columns; j < (x + 1) * columns; ++j)
                        sum += static_cast<double>(
                            image[c * map.channel_step + i * map.row_step + j * map.column_step]);
                pooled.push_back(sum / static_cast<double>(rows * columns));
            }
    return pooled;
}

/// Mean 0 and deviation 1.
inline std::vector<double> plain_norm(std::vector<double> features) {
    double mean = 0, variance = 0;
    for (const double value : features) mean += value / static_cast<double>(features.size());
    for (const double value : features)
        variance += (value - mean) * (value - mean) / static_cast<double>(features.size());
    for (double& value : features) value = (value - mean) / std::sqrt(variance + 1e-5);
    return features;
}

inline std::vector<HeadLayer> random_layers(const HeadType& type, std::int64_t channels, std::int64_t classes,
                                            std::mt19937& random) {
    std::normal_distribution<float> normal;
    const auto filled = [&](const Shape& shape) {
        Tensor tensor(DataType::kFloat32, shape);
        std::generate_n(tensor.mutable_data<float>(), tensor.elements(), [&] { return normal(random); });
        return tensor;
    };
    std::vector<HeadLayer> layers;
    const auto widths = type.widths(channels, classes);
    for (std::size_t k = 0; k + 1 < widths.size(); ++k)
        layers.push_back({filled({widths[k + 1], widths[k]}), filled({widths[k + 1]})});
    return layers;
}

}  // namespace dyce::test
