// The layer that both Inceptions consist of; parameters conv and bn.
#pragma once

#include "models/layers.h"

namespace dyce::models {

/// A convolution, batch norm and ReLU.
inline ValueId basic_conv(const Layers& net, ValueId x, const Convolution& convolution) {
    return net.relu(net.conv_bn("conv", "bn", x, convolution, 1e-3F));
}

}  // namespace dyce::models
