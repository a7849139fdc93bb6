// VGG, Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", 2014, its
// configurations A and D, with or without batch norms; torchvision's names.
#include "models/layers.h"

namespace dyce::models::vgg {
namespace {

/// Convolutions of each stage; a maximum over 2 x 2 ends it.
using Depths = int[5];
constexpr Depths kA = {1, 1, 2, 2, 2}, kD = {2, 2, 3, 3, 3};

template <const Depths& depths, bool has_norms>
ValueId logits(const Layers& net, ValueId x, int classes) {
    const Layers features = net.in("features");
    int index = 0, channels = 64;
    for (const int depth : depths) {
        for (int i = 0; i < depth; ++i) {
            x = features.conv(std::to_string(index++), x, {.channels = channels, .kernel = 3, .bias = true});
            if (has_norms) x = features.batch_norm(std::to_string(index++), x);
            x = net.relu(x);
            ++index;
        }
        x = features.in(index++).result(net.max_pool(x, {.kernel = 2, .stride = 2}));
        channels = channels < 512 ? 2 * channels : 512;
    }
    x = net.flatten(net.grid_pool(x, 7));
    x = net.relu(net.linear("classifier.0", x, 4096));
    x = net.relu(net.linear("classifier.3", x, 4096));
    return net.linear("classifier.6", x, classes);
}

constexpr Backbone kTable[] = {
    {"vgg11", "classifier.6.weight", logits<kA, false>},
    {"vgg11_bn", "classifier.6.weight", logits<kA, true>},
    {"vgg16", "classifier.6.weight", logits<kD, false>},
    {"vgg16_bn", "classifier.6.weight", logits<kD, true>},
};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::vgg
