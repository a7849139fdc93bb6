// ConvNeXt V2, Woo et al., 2023, under timm's names. Blocks compute with channels last, where layer norm
// and the two linear layers read memory in order.
#include "models/layers.h"

namespace dyce::models::convnextv2 {
namespace {

constexpr float kEpsilon = 1e-6F;

ValueId channels_last(const Layers& net, ValueId x) { return net.transpose(x, {0, 2, 3, 1}); }
ValueId channels_first(const Layers& net, ValueId x) { return net.transpose(x, {0, 3, 1, 2}); }

ValueId global_response_norm(const Layers& net, ValueId x) {
    const Shape channels = {net.shape(x)[-1]};
    return net.apply("GlobalResponseNormalization",
                     {x, net.parameter("weight", channels), net.parameter("bias", channels)},
                     {{"axes", std::vector<std::int64_t>{1, 2}}, {"epsilon", kEpsilon}});
}

ValueId block(const Layers& net, ValueId x) {
    const std::int64_t width = net.channels(x);
    ValueId y = net.conv("conv_dw", x, {.channels = width, .kernel = 7, .groups = width, .bias = true});
    y = net.layer_norm("norm", channels_last(net, y), kEpsilon);
    y = net.activation(Activation::kGelu, net.linear("mlp.fc1", y, 4 * width));
    y = global_response_norm(net.in("mlp.grn"), y);
    y = channels_first(net, net.linear("mlp.fc2", y, width));
    return net.result(net.add(x, y));
}

ValueId layer_norm_2d(const Layers& net, const std::string& name, ValueId x) {
    return channels_first(net, net.layer_norm(name, channels_last(net, x), kEpsilon));
}

/// Non-overlapping patches of `kernel` x `kernel` to one pixel each.
Convolution patches(std::int64_t channels, std::int64_t kernel) {
    return {.channels = channels, .kernel = kernel, .stride = kernel, .bias = true, .padding = 0};
}

template <int first_width, int... depths>
ValueId logits(const Layers& net, ValueId image, int classes) {
    ValueId x = net.conv("stem.0", image, patches(first_width, 4));
    x = layer_norm_2d(net, "stem.1", x);
    int index = 0;
    for (int depth : {depths...}) {
        const Layers stage = net.in("stages").in(index);
        if (index > 0) {
            x = layer_norm_2d(stage, "downsample.0", x);
            x = stage.conv("downsample.1", x, patches(first_width << index, 2));
        }
        for (int i = 0; i < depth; ++i) x = block(stage.in("blocks").in(i), x);
        ++index;
    }
    x = net.layer_norm("head.norm", net.global_pool(x), kEpsilon);
    return net.linear("head.fc", x, classes);
}

constexpr Backbone kTable[] = {
    {"convnextv2_atto", "head.fc.weight", logits<40, 2, 2, 6, 2>},
    {"convnextv2_femto", "head.fc.weight", logits<48, 2, 2, 6, 2>},
    {"convnextv2_pico", "head.fc.weight", logits<64, 2, 2, 6, 2>},
    {"convnextv2_nano", "head.fc.weight", logits<80, 2, 2, 8, 2>},
    {"convnextv2_tiny", "head.fc.weight", logits<96, 3, 3, 9, 3>},
    {"convnextv2_base", "head.fc.weight", logits<128, 3, 3, 27, 3>},
};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::convnextv2
