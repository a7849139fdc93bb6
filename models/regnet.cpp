// RegNetY, Radosavovic et al., "Designing Network Design Spaces", 2020; torchvision's names.
#include "models/layers.h"

namespace dyce::models::regnet {
namespace {

constexpr int kGroupWidth = 8;

struct Stage {
    int width, blocks;
};

/// What the paper's rule makes of depth 16, slope 27.89, first width 48 and step 2.09.
constexpr Stage kStages[] = {{48, 1}, {104, 3}, {208, 6}, {440, 6}};

ValueId conv_bn(const Layers& net, const std::string& name, ValueId x, const Convolution& convolution) {
    return net.in(name).conv_bn("0", "1", x, convolution);
}

ValueId block(const Layers& net, ValueId x, int width, int stride) {
    const Layers steps = net.in("f");
    ValueId y = net.relu(conv_bn(steps, "a", x, {.channels = width}));
    y = net.relu(conv_bn(steps, "b", y,
                         {.channels = width, .kernel = 3, .stride = stride, .groups = width / kGroupWidth}));
    y = squeeze_excite(steps.in("se"), y, net.channels(x) / 4, Activation::kRelu, Activation::kSigmoid);
    y = conv_bn(steps, "c", y, {.channels = width});
    const bool same = stride == 1 && net.channels(x) == width;
    const ValueId shortcut = same ? x : conv_bn(net, "proj", x, {.channels = width, .stride = stride});
    return net.result(net.relu(net.add(shortcut, y)));
}

ValueId logits(const Layers& net, ValueId image, int classes) {
    ValueId x = net.relu(conv_bn(net, "stem", image, {.channels = 32, .kernel = 3, .stride = 2}));
    int number = 1;
    for (const Stage& stage : kStages) {
        const std::string name = "block" + std::to_string(number++);
        const Layers module = net.in("trunk_output").in(name);
        for (int i = 0; i < stage.blocks; ++i)
            x = block(module.in(name + "-" + std::to_string(i)), x, stage.width, i == 0 ? 2 : 1);
    }
    return net.linear("fc", net.global_pool(x), classes);
}

constexpr Backbone kTable[] = {{"regnet_y_400mf", "fc.weight", logits}};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::regnet
