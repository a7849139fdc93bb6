// SqueezeNet 1.1, Iandola et al., "AlexNet-level accuracy with 50x fewer parameters", 2016, as revised by its
// authors; torchvision's names.
#include "models/layers.h"

namespace dyce::models::squeezenet {
namespace {

ValueId fire(const Layers& net, ValueId x, int squeezed, int expanded) {
    x = net.relu(net.conv("squeeze", x, {.channels = squeezed, .bias = true}));
    const ValueId narrow = net.relu(net.conv("expand1x1", x, {.channels = expanded, .bias = true}));
    const ValueId wide =
        net.relu(net.conv("expand3x3", x, {.channels = expanded, .kernel = 3, .bias = true}));
    return net.result(net.concat({narrow, wide}));
}

ValueId logits(const Layers& net, ValueId image, int classes) {
    const Pooling halve = {.kernel = 3, .stride = 2, .ceil = true};
    const Layers features = net.in("features");
    ValueId x = net.relu(
        features.conv("0", image, {.channels = 64, .kernel = 3, .stride = 2, .bias = true, .padding = 0}));
    x = net.max_pool(x, halve);
    x = fire(features.in(3), x, 16, 64);
    x = fire(features.in(4), x, 16, 64);
    x = net.max_pool(x, halve);
    x = fire(features.in(6), x, 32, 128);
    x = fire(features.in(7), x, 32, 128);
    x = net.max_pool(x, halve);
    x = fire(features.in(9), x, 48, 192);
    x = fire(features.in(10), x, 48, 192);
    x = fire(features.in(11), x, 64, 256);
    x = fire(features.in(12), x, 64, 256);
    x = net.relu(net.conv("classifier.1", x, {.channels = classes, .bias = true}));
    return net.global_pool(x);
}

constexpr Backbone kTable[] = {{"squeezenet1_1", "classifier.1.weight", logits}};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::squeezenet
