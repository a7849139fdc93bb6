// The block of MobileNetV3 and EfficientNet: expand, filter each channel, gate the channels, project.
// Torchvision's names: block.0 .. block.3, without gaps where a step is missing.
#pragma once

#include "models/layers.h"

namespace dyce::models {

/// A convolution, batch norm and activation; parameters 0 and 1.
ValueId conv_bn_activation(const Layers& net, ValueId x, const Convolution& convolution, Activation kind,
                           float epsilon);

/// So many channels, a fraction, as the nearest multiple of 8 that is not more than 10 % below; at least 8.
constexpr int multiple_of_8(int numerator, int denominator) {
    const int rounded = (numerator + 4 * denominator) / (8 * denominator) * 8;
    const int channels = rounded < 8 ? 8 : rounded;
    return 10 * channels * denominator < 9 * numerator ? channels + 8 : channels;
}

struct InvertedResidual {
    std::int64_t kernel;
    std::int64_t stride;
    std::int64_t expanded;  ///< channels inside; no expansion step when they are those of the input
    std::int64_t channels;  ///< of the result
    std::int64_t squeezed;  ///< channels inside squeeze-and-excitation, 0 for none
    Activation activation;
    Activation squeeze_activation;
    Activation gate;
    float epsilon;  ///< of batch norm
};

/// Adds its input where neither stride nor channels change.
ValueId inverted_residual(const Layers& net, ValueId x, const InvertedResidual& block);

}  // namespace dyce::models
