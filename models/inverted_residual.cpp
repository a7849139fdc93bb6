#include "models/inverted_residual.h"

namespace dyce::models {

ValueId conv_bn_activation(const Layers& net, ValueId x, const Convolution& convolution, Activation kind,
                           float epsilon) {
    return net.activation(kind, net.conv_bn("0", "1", x, convolution, epsilon));
}

ValueId inverted_residual(const Layers& net, ValueId x, const InvertedResidual& block) {
    const Layers steps = net.in("block");
    int step = 0;
    ValueId y = x;
    if (block.expanded != net.channels(x))
        y = conv_bn_activation(steps.in(step++), y, {.channels = block.expanded}, block.activation,
                               block.epsilon);
    y = conv_bn_activation(steps.in(step++), y,
                           {.channels = block.expanded,
                            .kernel = block.kernel,
                            .stride = block.stride,
                            .groups = block.expanded},
                           block.activation, block.epsilon);
    if (block.squeezed > 0)
        y = squeeze_excite(steps.in(step++), y, block.squeezed, block.squeeze_activation, block.gate);
    y = conv_bn_activation(steps.in(step++), y, {.channels = block.channels}, Activation::kNone,
                           block.epsilon);
    if (block.stride == 1 && block.channels == net.channels(x)) y = net.add(x, y);
    return net.result(y);
}

}  // namespace dyce::models
