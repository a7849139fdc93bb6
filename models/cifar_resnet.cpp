// The small ResNets for 32 x 32 images, He et al., 2015, section 4.2, with parameter-free shortcuts
// (option A): every second row and column, new channels zero. "x2" has twice the channels: wide networks
// learn in fewer epochs than deep ones do (Zagoruyko and Komodakis, 2016).
#include "models/layers.h"

#include <limits>

namespace dyce::models::cifar_resnet {
namespace {

using Ints = std::vector<std::int64_t>;

ValueId shortcut(const Layers& net, ValueId x, std::int64_t channels) {
    const std::int64_t missing = channels - net.channels(x);
    if (missing == 0) return x;
    constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
    x = net.apply(
        "Slice", {x},
        {{"starts", Ints{0, 0}}, {"ends", Ints{kEnd, kEnd}}, {"axes", Ints{2, 3}}, {"steps", Ints{2, 2}}});
    return net.apply("Pad", {x}, {{"pads", Ints{0, missing / 2, 0, 0, 0, missing / 2, 0, 0}}});
}

ValueId block(const Layers& net, ValueId x, int width) {
    const int stride = net.channels(x) == width ? 1 : 2;
    ValueId y = net.conv_bn("conv1", "bn1", x, {.channels = width, .kernel = 3, .stride = stride});
    y = net.conv_bn("conv2", "bn2", net.relu(y), {.channels = width, .kernel = 3});
    return net.result(net.relu(net.add(y, shortcut(net, x, width))));
}

template <int layers, int channels = 16>
ValueId logits(const Layers& net, ValueId image, int classes) {
    constexpr int kDepth = (layers - 2) / 6;  // three stages of blocks of two layers, and two more layers
    ValueId x = net.relu(net.conv_bn("conv1", "bn1", image, {.channels = channels, .kernel = 3}));
    for (int stage = 1; stage <= 3; ++stage) {
        const Layers layer = net.in("layer" + std::to_string(stage));
        for (int i = 0; i < kDepth; ++i) x = block(layer.in(i), x, (channels / 2) << stage);
    }
    return net.linear("linear", net.global_pool(x), classes);
}

constexpr Backbone kTable[] = {
    {"cifar_resnet14", "linear.weight", logits<14>, 32, "cifar10"},
    {"cifar_resnet20", "linear.weight", logits<20>, 32, "cifar10"},
    {"cifar_resnet32", "linear.weight", logits<32>, 32, "cifar10"},
    {"cifar_resnet44", "linear.weight", logits<44>, 32, "cifar10"},
    {"cifar_resnet14x2", "linear.weight", logits<14, 32>, 32, "cifar10"},
    {"cifar_resnet56", "linear.weight", logits<56>, 32, "cifar10"},
    {"cifar_resnet110", "linear.weight", logits<110>, 32, "cifar10"},
};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::cifar_resnet
