// EfficientNet, Tan and Le, "Rethinking Model Scaling for Convolutional Neural Networks", 2019; torchvision's
// names.
#include "models/inverted_residual.h"

namespace dyce::models::efficientnet {
namespace {

constexpr float kEpsilon = 1e-5F;

/// A row of the paper's table 1.
struct Stage {
    int expansion, kernel, stride, channels, blocks;
};

constexpr Stage kStages[] = {{1, 3, 1, 16, 1},  {6, 3, 2, 24, 2},  {6, 5, 2, 40, 2}, {6, 3, 2, 80, 3},
                             {6, 5, 1, 112, 3}, {6, 5, 2, 192, 4}, {6, 3, 1, 320, 1}};

ValueId block(const Layers& net, ValueId x, const Stage& stage, int stride) {
    return inverted_residual(net, x,
                             {.kernel = stage.kernel,
                              .stride = stride,
                              .expanded = stage.expansion * net.channels(x),
                              .channels = stage.channels,
                              .squeezed = net.channels(x) / 4,
                              .activation = Activation::kSilu,
                              .squeeze_activation = Activation::kSilu,
                              .gate = Activation::kSigmoid,
                              .epsilon = kEpsilon});
}

ValueId logits(const Layers& net, ValueId image, int classes) {
    const Layers features = net.in("features");
    int index = 0;
    ValueId x = conv_bn_activation(features.in(index++), image, {.channels = 32, .kernel = 3, .stride = 2},
                                   Activation::kSilu, kEpsilon);
    for (const Stage& stage : kStages) {
        const Layers module = features.in(index++);
        for (int i = 0; i < stage.blocks; ++i) x = block(module.in(i), x, stage, i == 0 ? stage.stride : 1);
    }
    x = conv_bn_activation(features.in(index), x, {.channels = 1280}, Activation::kSilu, kEpsilon);
    return net.linear("classifier.1", net.global_pool(x), classes);
}

constexpr Backbone kTable[] = {{"efficientnet_b0", "classifier.1.weight", logits}};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::efficientnet
