// Inception v3, Szegedy et al., "Rethinking the Inception Architecture for Computer Vision", 2015; torchvision's
// names, from which a layer's kernel can be read: branch7x7_2 is 1 x 7, branch7x7_3 is 7 x 1.
#include "models/basic_conv.h"

namespace dyce::models::inception_v3 {
namespace {

constexpr std::string_view kAuxiliary[] = {"AuxLogits."};

ValueId layer(const Layers& net, const std::string& name, ValueId x, const Convolution& convolution) {
    return basic_conv(net.in(name), x, convolution);
}

Convolution row(int channels, int width) { return {.channels = channels, .kernel = 1, .width = width}; }
Convolution column(int channels, int height) { return {.channels = channels, .kernel = height, .width = 1}; }
/// Every second place, none outside the map.
Convolution halving(int channels) { return {.channels = channels, .kernel = 3, .stride = 2, .padding = 0}; }
constexpr Pooling kHalve = {.kernel = 3, .stride = 2};

ValueId pooled(const Layers& net, ValueId x, int channels) {
    x = net.average_pool(x, {.kernel = 3, .stride = 1, .padding = 1});
    return layer(net, "branch_pool", x, {.channels = channels});
}

/// Two 3 x 3 convolutions, the last one as told.
ValueId twice_3x3(const Layers& net, ValueId x, const Convolution& last) {
    x = layer(net, "branch3x3dbl_1", x, {.channels = 64});
    x = layer(net, "branch3x3dbl_2", x, {.channels = 96, .kernel = 3});
    return layer(net, "branch3x3dbl_3", x, last);
}

ValueId mixed_5(const Layers& net, ValueId x, int pool_channels) {
    const ValueId single = layer(net, "branch1x1", x, {.channels = 64});
    ValueId five = layer(net, "branch5x5_1", x, {.channels = 48});
    five = layer(net, "branch5x5_2", five, {.channels = 64, .kernel = 5});
    const ValueId twice = twice_3x3(net, x, {.channels = 96, .kernel = 3});
    return net.result(net.concat({single, five, twice, pooled(net, x, pool_channels)}));
}

ValueId mixed_6a(const Layers& net, ValueId x) {
    const ValueId once = layer(net, "branch3x3", x, halving(384));
    return net.result(net.concat({once, twice_3x3(net, x, halving(96)), net.max_pool(x, kHalve)}));
}

ValueId mixed_6(const Layers& net, ValueId x, int inside) {
    const ValueId single = layer(net, "branch1x1", x, {.channels = 192});
    ValueId seven = layer(net, "branch7x7_1", x, {.channels = inside});
    seven = layer(net, "branch7x7_2", seven, row(inside, 7));
    seven = layer(net, "branch7x7_3", seven, column(192, 7));
    ValueId twice = layer(net, "branch7x7dbl_1", x, {.channels = inside});
    twice = layer(net, "branch7x7dbl_2", twice, column(inside, 7));
    twice = layer(net, "branch7x7dbl_3", twice, row(inside, 7));
    twice = layer(net, "branch7x7dbl_4", twice, column(inside, 7));
    twice = layer(net, "branch7x7dbl_5", twice, row(192, 7));
    return net.result(net.concat({single, seven, twice, pooled(net, x, 192)}));
}

ValueId mixed_7a(const Layers& net, ValueId x) {
    ValueId three = layer(net, "branch3x3_1", x, {.channels = 192});
    three = layer(net, "branch3x3_2", three, halving(320));
    ValueId seven = layer(net, "branch7x7x3_1", x, {.channels = 192});
    seven = layer(net, "branch7x7x3_2", seven, row(192, 7));
    seven = layer(net, "branch7x7x3_3", seven, column(192, 7));
    seven = layer(net, "branch7x7x3_4", seven, halving(192));
    return net.result(net.concat({three, seven, net.max_pool(x, kHalve)}));
}

/// A row and a column of three, side by side.
ValueId cross(const Layers& net, const std::string& name, ValueId x) {
    return net.concat({layer(net, name + "a", x, row(384, 3)), layer(net, name + "b", x, column(384, 3))});
}

ValueId mixed_7(const Layers& net, ValueId x) {
    const ValueId single = layer(net, "branch1x1", x, {.channels = 320});
    const ValueId once = cross(net, "branch3x3_2", layer(net, "branch3x3_1", x, {.channels = 384}));
    ValueId twice = layer(net, "branch3x3dbl_1", x, {.channels = 448});
    twice = layer(net, "branch3x3dbl_2", twice, {.channels = 384, .kernel = 3});
    twice = cross(net, "branch3x3dbl_3", twice);
    return net.result(net.concat({single, once, twice, pooled(net, x, 192)}));
}

ValueId stem(const Layers& net, ValueId x) {
    x = layer(net, "Conv2d_1a_3x3", x, halving(32));
    x = layer(net, "Conv2d_2a_3x3", x, {.channels = 32, .kernel = 3, .padding = 0});
    x = layer(net, "Conv2d_2b_3x3", x, {.channels = 64, .kernel = 3});
    x = layer(net, "Conv2d_3b_1x1", net.max_pool(x, kHalve), {.channels = 80});
    x = layer(net, "Conv2d_4a_3x3", x, {.channels = 192, .kernel = 3, .padding = 0});
    return net.max_pool(x, kHalve);
}

ValueId logits(const Layers& net, ValueId image, int classes) {
    ValueId x = stem(net, image);
    x = mixed_5(net.in("Mixed_5b"), x, 32);
    x = mixed_5(net.in("Mixed_5c"), x, 64);
    x = mixed_5(net.in("Mixed_5d"), x, 64);
    x = mixed_6a(net.in("Mixed_6a"), x);
    x = mixed_6(net.in("Mixed_6b"), x, 128);
    x = mixed_6(net.in("Mixed_6c"), x, 160);
    x = mixed_6(net.in("Mixed_6d"), x, 160);
    x = mixed_6(net.in("Mixed_6e"), x, 192);
    x = mixed_7a(net.in("Mixed_7a"), x);
    x = mixed_7(net.in("Mixed_7b"), x);
    x = mixed_7(net.in("Mixed_7c"), x);
    return net.linear("fc", net.global_pool(x), classes);
}

constexpr Backbone kTable[] = {{.name = "inception_v3",
                                .classifier = "fc.weight",
                                .logits = logits,
                                .side = 299,
                                .preset = "torchvision:Inception_V3_Weights.IMAGENET1K_V1",
                                .published_centred = true,
                                .left_out = kAuxiliary}};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::inception_v3
