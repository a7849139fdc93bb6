// ResNet, He et al., "Deep Residual Learning for Image Recognition", 2015; torchvision's variant, which has
// the stride of a bottleneck in its 3 x 3 convolution. Wide ResNet (Zagoruyko and Komodakis, 2016) and ResNeXt
// (Xie et al., 2016) have twice the channels there, the latter in 32 groups.
#include "models/layers.h"

namespace dyce::models::resnet {
namespace {

using Block = ValueId (*)(const Layers& net, ValueId x, int width, int stride);

ValueId shortcut(const Layers& net, ValueId x, std::int64_t channels, int stride) {
    if (stride == 1 && net.channels(x) == channels) return x;
    return net.conv_bn("downsample.0", "downsample.1", x, {.channels = channels, .stride = stride});
}

ValueId basic_block(const Layers& net, ValueId x, int width, int stride) {
    ValueId y = net.conv_bn("conv1", "bn1", x, {.channels = width, .kernel = 3, .stride = stride});
    y = net.conv_bn("conv2", "bn2", net.relu(y), {.channels = width, .kernel = 3});
    return net.result(net.relu(net.add(y, shortcut(net, x, width, stride))));
}

template <int widening = 1, int groups = 1>
ValueId bottleneck(const Layers& net, ValueId x, int width, int stride) {
    const int inside = widening * width;
    ValueId y = net.conv_bn("conv1", "bn1", x, {.channels = inside});
    y = net.conv_bn("conv2", "bn2", net.relu(y),
                    {.channels = inside, .kernel = 3, .stride = stride, .groups = groups});
    y = net.conv_bn("conv3", "bn3", net.relu(y), {.channels = 4 * width});
    return net.result(net.relu(net.add(y, shortcut(net, x, 4 * width, stride))));
}

template <Block block, int... depths>
ValueId logits(const Layers& net, ValueId image, int classes) {
    ValueId x = net.conv_bn("conv1", "bn1", image, {.channels = 64, .kernel = 7, .stride = 2});
    x = net.max_pool(net.relu(x), {.kernel = 3, .stride = 2, .padding = 1});
    int stage = 1;
    int width = 64;
    for (int depth : {depths...}) {
        const Layers layer = net.in("layer" + std::to_string(stage));
        for (int i = 0; i < depth; ++i) x = block(layer.in(i), x, width, stage > 1 && i == 0 ? 2 : 1);
        ++stage;
        width *= 2;
    }
    return net.linear("fc", net.global_pool(x), classes);
}

constexpr Backbone kTable[] = {
    {"resnet18", "fc.weight", logits<basic_block, 2, 2, 2, 2>},
    {"resnet34", "fc.weight", logits<basic_block, 3, 4, 6, 3>},
    {"resnet50", "fc.weight", logits<bottleneck<>, 3, 4, 6, 3>},
    {"resnet101", "fc.weight", logits<bottleneck<>, 3, 4, 23, 3>},
    {"resnet152", "fc.weight", logits<bottleneck<>, 3, 8, 36, 3>},
    {"resnext50_32x4d", "fc.weight", logits<bottleneck<2, 32>, 3, 4, 6, 3>},
    {"wide_resnet50_2", "fc.weight", logits<bottleneck<2>, 3, 4, 6, 3>},
};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::resnet
