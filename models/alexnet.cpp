// AlexNet in its second form, Krizhevsky, "One weird trick for parallelizing convolutional neural networks",
// 2014; torchvision's names.
#include "models/layers.h"

namespace dyce::models::alexnet {
namespace {

constexpr std::string_view kSites[] = {"features.2", "features.5", "features.7", "features.9", "features.12"};

ValueId logits(const Layers& net, ValueId image, int classes) {
    const Layers features = net.in("features");
    const auto conv = [&](int index, ValueId x, const Convolution& convolution) {
        return features.in(index + 1).result(net.relu(features.conv(std::to_string(index), x, convolution)));
    };
    const auto halve = [&](int index, ValueId x) {
        return features.in(index).result(net.max_pool(x, {.kernel = 3, .stride = 2}));
    };
    ValueId x = conv(0, image, {.channels = 64, .kernel = 11, .stride = 4, .bias = true, .padding = 2});
    x = conv(3, halve(2, x), {.channels = 192, .kernel = 5, .bias = true});
    x = conv(6, halve(5, x), {.channels = 384, .kernel = 3, .bias = true});
    x = conv(8, x, {.channels = 256, .kernel = 3, .bias = true});
    x = halve(12, conv(10, x, {.channels = 256, .kernel = 3, .bias = true}));
    x = net.flatten(net.grid_pool(x, 6));
    x = net.relu(net.linear("classifier.1", x, 4096));
    x = net.relu(net.linear("classifier.4", x, 4096));
    return net.linear("classifier.6", x, classes);
}

constexpr Backbone kTable[] = {
    {.name = "alexnet", .classifier = "classifier.6.weight", .logits = logits, .blocks = kSites}};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::alexnet
