// MobileNetV2, Sandler et al., "Inverted Residuals and Linear Bottlenecks", 2018; torchvision's names.
#include "models/inverted_residual.h"

namespace dyce::models::mobilenet_v2 {
namespace {

constexpr float kEpsilon = 1e-5F;

/// A row of the paper's table 2: expansion factor, channels, blocks, stride of the first.
struct Stage {
    int expansion, channels, blocks, stride;
};

constexpr Stage kStages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                             {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

/// Unlike the later networks' block, the last convolution is no module of its own.
ValueId block(const Layers& net, ValueId x, const Stage& stage, int stride) {
    const Layers steps = net.in("conv");
    const std::int64_t inside = stage.expansion * net.channels(x);
    int step = 0;
    ValueId y = x;
    if (stage.expansion > 1)
        y = conv_bn_activation(steps.in(step++), y, {.channels = inside}, Activation::kRelu6, kEpsilon);
    y = conv_bn_activation(steps.in(step++), y,
                           {.channels = inside, .kernel = 3, .stride = stride, .groups = inside},
                           Activation::kRelu6, kEpsilon);
    y = steps.conv_bn(std::to_string(step), std::to_string(step + 1), y, {.channels = stage.channels});
    const bool residual = stride == 1 && net.channels(x) == stage.channels;
    return net.result(residual ? net.add(x, y) : y);
}

ValueId logits(const Layers& net, ValueId image, int classes) {
    const Layers features = net.in("features");
    int index = 0;
    ValueId x = conv_bn_activation(features.in(index++), image, {.channels = 32, .kernel = 3, .stride = 2},
                                   Activation::kRelu6, kEpsilon);
    for (const Stage& stage : kStages)
        for (int i = 0; i < stage.blocks; ++i)
            x = block(features.in(index++), x, stage, i == 0 ? stage.stride : 1);
    x = conv_bn_activation(features.in(index), x, {.channels = 1280}, Activation::kRelu6, kEpsilon);
    return net.linear("classifier.1", net.global_pool(x), classes);
}

constexpr Backbone kTable[] = {{"mobilenet_v2", "classifier.1.weight", logits}};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::mobilenet_v2
