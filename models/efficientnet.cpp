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

ValueId block(const Layers& net, ValueId x, const Stage& stage, std::int64_t channels, int stride) {
    return inverted_residual(net, x,
                             {.kernel = stage.kernel,
                              .stride = stride,
                              .expanded = stage.expansion * net.channels(x),
                              .channels = channels,
                              .squeezed = net.channels(x) / 4,
                              .activation = Activation::kSilu,
                              .squeeze_activation = Activation::kSilu,
                              .gate = Activation::kSigmoid,
                              .epsilon = kEpsilon});
}

/// Of the widths and depths above, in tenths.
template <int width, int depth>
ValueId logits(const Layers& net, ValueId image, int classes) {
    const Layers features = net.in("features");
    int index = 0;
    ValueId x = conv_bn_activation(features.in(index++), image,
                                   {.channels = multiple_of_8(32 * width, 10), .kernel = 3, .stride = 2},
                                   Activation::kSilu, kEpsilon);
    for (const Stage& stage : kStages) {
        const Layers module = features.in(index++);
        const int channels = multiple_of_8(stage.channels * width, 10);
        const int blocks = (stage.blocks * depth + 9) / 10;
        for (int i = 0; i < blocks; ++i)
            x = block(module.in(i), x, stage, channels, i == 0 ? stage.stride : 1);
    }
    x = conv_bn_activation(features.in(index), x, {.channels = 4 * net.channels(x)}, Activation::kSilu,
                           kEpsilon);
    return net.linear("classifier.1", net.global_pool(x), classes);
}

constexpr Backbone kTable[] = {
    {"efficientnet_b0", "classifier.1.weight", logits<10, 10>},
    {"efficientnet_b1", "classifier.1.weight", logits<10, 11>, 240,
     "torchvision:EfficientNet_B1_Weights.IMAGENET1K_V1"},
    {"efficientnet_b2", "classifier.1.weight", logits<11, 12>, 288,
     "torchvision:EfficientNet_B2_Weights.IMAGENET1K_V1"},
    {"efficientnet_b3", "classifier.1.weight", logits<12, 14>, 300,
     "torchvision:EfficientNet_B3_Weights.IMAGENET1K_V1"},
};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::efficientnet
