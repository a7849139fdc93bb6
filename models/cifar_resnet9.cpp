// Shallow and wide residual networks for 32 x 32 images that learn in few epochs, after the ResNet-9 of
// Page (How to Train Your ResNet, 2018): three stages of a convolution that halves the image by a maximum,
// and a residual block behind the first and the last. cifar_resnet11 has one behind each, and half the
// channels: about as many multiply-adds in every layer.
#include "models/layers.h"

namespace dyce::models::cifar_resnet9 {
namespace {

constexpr std::string_view kBlocks9[] = {"layer1.0", "layer1.1", "layer2.0", "layer3.0", "layer3.1"};
constexpr std::string_view kBlocks11[] = {"layer1.0", "layer1.1", "layer2.0",
                                          "layer2.1", "layer3.0", "layer3.1"};

ValueId conv_bn_relu(const Layers& net, int index, ValueId x, std::int64_t channels) {
    const std::string number = std::to_string(index);
    return net.relu(net.conv_bn("conv" + number, "bn" + number, x, {.channels = channels, .kernel = 3}));
}

ValueId halve(const Layers& net, ValueId x, std::int64_t channels) {
    return net.result(net.max_pool(conv_bn_relu(net, 1, x, channels), {.kernel = 2, .stride = 2}));
}

ValueId residual(const Layers& net, ValueId x) {
    const std::int64_t channels = net.channels(x);
    return net.result(net.add(conv_bn_relu(net, 2, conv_bn_relu(net, 1, x, channels), channels), x));
}

template <int channels, bool three_blocks>
ValueId logits(const Layers& net, ValueId image, int classes) {
    ValueId x = conv_bn_relu(net, 1, image, channels);
    for (int stage = 1; stage <= 3; ++stage) {
        const Layers layer = net.in("layer" + std::to_string(stage));
        x = halve(layer.in(0), x, channels << stage);
        if (stage != 2 || three_blocks) x = residual(layer.in(1), x);
    }
    return net.linear("linear", net.global_pool(x), classes);
}

constexpr Backbone kTable[] = {
    {"cifar_resnet9", "linear.weight", logits<64, false>, 32, "cifar10", kBlocks9},
    {"cifar_resnet11", "linear.weight", logits<32, true>, 32, "cifar10", kBlocks11},
};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::cifar_resnet9
