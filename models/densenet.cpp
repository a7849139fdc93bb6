// DenseNet-BC, Huang et al., "Densely Connected Convolutional Networks", 2016; torchvision's names. Each layer
// appends its few channels to all those before it.
#include "models/layers.h"

namespace dyce::models::densenet {
namespace {

constexpr int kGrowth = 32;

// The layers that the published weights of 2017 call norm.1, conv.1, ..
constexpr ParameterName kOldNames[] = {
    {".norm.1.", ".norm1."}, {".conv.1.", ".conv1."}, {".norm.2.", ".norm2."}, {".conv.2.", ".conv2."}};

// Behind each transition, which halves channels and map, and every eighth layer (of the short block: in its
// middle).
constexpr std::string_view kSites121[] = {
    "features.transition1",
    "features.denseblock2.denselayer6",
    "features.transition2",
    "features.denseblock3.denselayer8",
    "features.denseblock3.denselayer16",
    "features.transition3",
    "features.denseblock4.denselayer8",
};
constexpr std::string_view kSites169[] = {
    "features.transition1",
    "features.denseblock2.denselayer6",
    "features.transition2",
    "features.denseblock3.denselayer8",
    "features.denseblock3.denselayer16",
    "features.denseblock3.denselayer24",
    "features.transition3",
    "features.denseblock4.denselayer8",
    "features.denseblock4.denselayer16",
    "features.denseblock4.denselayer24",
};

ValueId norm_relu_conv(const Layers& net, const std::string& norm, const std::string& conv, ValueId x,
                       const Convolution& convolution) {
    return net.conv(conv, net.relu(net.batch_norm(norm, x)), convolution);
}

ValueId dense_layer(const Layers& net, ValueId x) {
    ValueId y = norm_relu_conv(net, "norm1", "conv1", x, {.channels = 4 * kGrowth});
    y = norm_relu_conv(net, "norm2", "conv2", y, {.channels = kGrowth, .kernel = 3});
    return net.result(net.concat({x, y}));
}

ValueId transition(const Layers& net, ValueId x) {
    x = norm_relu_conv(net, "norm", "conv", x, {.channels = net.channels(x) / 2});
    return net.result(net.average_pool(x, {.kernel = 2, .stride = 2}));
}

template <int... depths>
ValueId logits(const Layers& net, ValueId image, int classes) {
    const Layers features = net.in("features");
    ValueId x = features.conv_bn("conv0", "norm0", image, {.channels = 64, .kernel = 7, .stride = 2});
    x = net.max_pool(net.relu(x), {.kernel = 3, .stride = 2, .padding = 1});
    int number = 0;
    for (const int depth : {depths...}) {
        if (number > 0) x = transition(features.in("transition" + std::to_string(number)), x);
        const Layers block = features.in("denseblock" + std::to_string(++number));
        for (int i = 1; i <= depth; ++i) x = dense_layer(block.in("denselayer" + std::to_string(i)), x);
    }
    x = net.global_pool(net.relu(features.batch_norm("norm5", x)));
    return net.linear("classifier", x, classes);
}

constexpr Backbone kTable[] = {
    {.name = "densenet121",
     .classifier = "classifier.weight",
     .logits = logits<6, 12, 24, 16>,
     .blocks = kSites121,
     .old_names = kOldNames},
    {.name = "densenet169",
     .classifier = "classifier.weight",
     .logits = logits<6, 12, 32, 32>,
     .blocks = kSites169,
     .old_names = kOldNames},
};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::densenet
