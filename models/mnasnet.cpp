// MNASNet-B1, Tan et al., "MnasNet: Platform-Aware Neural Architecture Search for Mobile", 2018; torchvision's
// names.
#include "models/layers.h"

namespace dyce::models::mnasnet {
namespace {

struct Stack {
    int expansion, kernel, stride, channels, blocks;
};

constexpr Stack kStacks[] = {{3, 3, 2, 24, 3}, {3, 5, 2, 40, 3},  {6, 5, 2, 80, 3},
                             {6, 3, 1, 96, 2}, {6, 5, 2, 192, 4}, {6, 3, 1, 320, 1}};

ValueId conv_bn(const Layers& net, int index, ValueId x, const Convolution& convolution) {
    return net.conv_bn(std::to_string(index), std::to_string(index + 1), x, convolution);
}

ValueId block(const Layers& net, ValueId x, const Stack& stack, int stride) {
    const Layers layers = net.in("layers");
    const std::int64_t inside = stack.expansion * net.channels(x);
    ValueId y = net.relu(conv_bn(layers, 0, x, {.channels = inside}));
    y = net.relu(conv_bn(layers, 3, y,
                         {.channels = inside, .kernel = stack.kernel, .stride = stride, .groups = inside}));
    y = conv_bn(layers, 6, y, {.channels = stack.channels});
    return net.result(stride == 1 && net.channels(x) == stack.channels ? net.add(y, x) : y);
}

ValueId logits(const Layers& net, ValueId image, int classes) {
    const Layers layers = net.in("layers");
    ValueId x = net.relu(conv_bn(layers, 0, image, {.channels = 32, .kernel = 3, .stride = 2}));
    x = net.relu(conv_bn(layers, 3, x, {.channels = 32, .kernel = 3, .groups = 32}));
    x = conv_bn(layers, 6, x, {.channels = 16});
    int index = 8;
    for (const Stack& stack : kStacks) {
        const Layers module = layers.in(index++);
        for (int i = 0; i < stack.blocks; ++i) x = block(module.in(i), x, stack, i == 0 ? stack.stride : 1);
    }
    x = net.relu(conv_bn(layers, index, x, {.channels = 1280}));
    return net.linear("classifier.1", net.global_pool(x), classes);
}

constexpr Backbone kTable[] = {{"mnasnet1_0", "classifier.1.weight", logits}};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::mnasnet
