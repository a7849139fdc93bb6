// ShuffleNet V2, Ma et al., "Practical Guidelines for Efficient CNN Architecture Design", 2018; torchvision's
// names. A block computes on half of its channels and then interleaves both halves.
#include "models/layers.h"

namespace dyce::models::shufflenet_v2 {
namespace {

ValueId filter_each(const Layers& net, int index, ValueId x, int stride) {
    const std::int64_t channels = net.channels(x);
    return net.conv_bn(std::to_string(index), std::to_string(index + 1), x,
                       {.channels = channels, .kernel = 3, .stride = stride, .groups = channels});
}

ValueId mix(const Layers& net, int index, ValueId x, std::int64_t channels) {
    return net.relu(net.conv_bn(std::to_string(index), std::to_string(index + 1), x, {.channels = channels}));
}

/// c0 .. cn | d0 .. dn becomes c0 d0 c1 d1 ..
ValueId interleave_halves(const Layers& net, ValueId x) {
    const std::int64_t channels = net.channels(x), height = net.shape(x)[2], width = net.shape(x)[3];
    x = net.reshape(x, {0, 2, channels / 2, height, width});
    return net.reshape(net.transpose(x, {0, 2, 1, 3, 4}), {0, channels, height, width});
}

/// The value called as the block is what it computes before its channels are shuffled.
ValueId block(const Layers& net, ValueId x, std::int64_t channels, int stride) {
    const std::int64_t half = channels / 2;
    const Layers aside = net.in("branch1"), branch = net.in("branch2");
    const ValueId kept =
        stride == 1 ? net.slice(x, 1, 0, half) : mix(aside, 2, filter_each(aside, 0, x, stride), half);
    ValueId y = stride == 1 ? net.slice(x, 1, half, channels) : x;
    y = filter_each(branch, 3, mix(branch, 0, y, half), stride);
    return interleave_halves(net, net.result(net.concat({kept, mix(branch, 5, y, half)})));
}

ValueId logits(const Layers& net, ValueId image, int classes) {
    ValueId x = net.in("conv1").conv_bn("0", "1", image, {.channels = 24, .kernel = 3, .stride = 2});
    x = net.max_pool(net.relu(x), {.kernel = 3, .stride = 2, .padding = 1});
    int stage = 2;
    std::int64_t channels = 116;
    for (const int depth : {4, 8, 4}) {
        const Layers module = net.in("stage" + std::to_string(stage++));
        for (int i = 0; i < depth; ++i) x = block(module.in(i), x, channels, i == 0 ? 2 : 1);
        channels *= 2;
    }
    x = mix(net.in("conv5"), 0, x, 1024);
    return net.linear("fc", net.global_pool(x), classes);
}

constexpr Backbone kTable[] = {{"shufflenet_v2_x1_0", "fc.weight", logits}};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::shufflenet_v2
