// MobileNetV3, Howard et al., "Searching for MobileNetV3", 2019; torchvision's names and widths.
#include "models/inverted_residual.h"

namespace dyce::models::mobilenet_v3 {
namespace {

constexpr float kEpsilon = 1e-3F;
constexpr auto kRelu = Activation::kRelu;
constexpr auto kSwish = Activation::kHardSwish;

/// A row of the paper's tables 1 and 2.
struct Row {
    int kernel, expanded, channels;
    bool squeeze;
    Activation activation;
    int stride;
};

constexpr Row kSmall[] = {
    {3, 16, 16, true, kRelu, 2},   {3, 72, 24, false, kRelu, 2},  {3, 88, 24, false, kRelu, 1},
    {5, 96, 40, true, kSwish, 2},  {5, 240, 40, true, kSwish, 1}, {5, 240, 40, true, kSwish, 1},
    {5, 120, 48, true, kSwish, 1}, {5, 144, 48, true, kSwish, 1}, {5, 288, 96, true, kSwish, 2},
    {5, 576, 96, true, kSwish, 1}, {5, 576, 96, true, kSwish, 1},
};

constexpr Row kLarge[] = {
    {3, 16, 16, false, kRelu, 1},   {3, 64, 24, false, kRelu, 2},   {3, 72, 24, false, kRelu, 1},
    {5, 72, 40, true, kRelu, 2},    {5, 120, 40, true, kRelu, 1},   {5, 120, 40, true, kRelu, 1},
    {3, 240, 80, false, kSwish, 2}, {3, 200, 80, false, kSwish, 1}, {3, 184, 80, false, kSwish, 1},
    {3, 184, 80, false, kSwish, 1}, {3, 480, 112, true, kSwish, 1}, {3, 672, 112, true, kSwish, 1},
    {5, 672, 160, true, kSwish, 2}, {5, 960, 160, true, kSwish, 1}, {5, 960, 160, true, kSwish, 1},
};

ValueId block(const Layers& net, ValueId x, const Row& row) {
    return inverted_residual(net, x,
                             {.kernel = row.kernel,
                              .stride = row.stride,
                              .expanded = row.expanded,
                              .channels = row.channels,
                              .squeezed = row.squeeze ? multiple_of_8(row.expanded, 4) : 0,
                              .activation = row.activation,
                              .squeeze_activation = Activation::kRelu,
                              .gate = Activation::kHardSigmoid,
                              .epsilon = kEpsilon});
}

template <const auto& rows, int last_features>
ValueId logits(const Layers& net, ValueId image, int classes) {
    const Layers features = net.in("features");
    int index = 0;
    ValueId x = conv_bn_activation(features.in(index++), image, {.channels = 16, .kernel = 3, .stride = 2},
                                   kSwish, kEpsilon);
    for (const Row& row : rows) x = block(features.in(index++), x, row);
    x = conv_bn_activation(features.in(index), x, {.channels = 6 * net.channels(x)}, kSwish, kEpsilon);
    x = net.activation(kSwish, net.linear("classifier.0", net.global_pool(x), last_features));
    return net.linear("classifier.3", x, classes);
}

constexpr Backbone kTable[] = {
    {"mobilenet_v3_small", "classifier.3.weight", logits<kSmall, 1024>},
    {"mobilenet_v3_large", "classifier.3.weight", logits<kLarge, 1280>},
};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::mobilenet_v3
