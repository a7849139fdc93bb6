// GoogLeNet, Szegedy et al., "Going Deeper with Convolutions", 2014, with batch norms; torchvision's names. Its
// third branch has 3 x 3 filters where the paper has 5 x 5, as the published weights do.
#include "models/basic_conv.h"

namespace dyce::models::googlenet {
namespace {

constexpr std::string_view kAuxiliary[] = {"aux1.", "aux2."};

/// Channels, as in the paper's table 1: of the branches, and inside the second and third.
struct Inception {
    const char* name;
    int single, squeezed3, triple, squeezed5, quintuple, pooled;
};

constexpr Inception kThird[] = {{"inception3a", 64, 96, 128, 16, 32, 32},
                                {"inception3b", 128, 128, 192, 32, 96, 64}};
constexpr Inception kFourth[] = {{"inception4a", 192, 96, 208, 16, 48, 64},
                                 {"inception4b", 160, 112, 224, 24, 64, 64},
                                 {"inception4c", 128, 128, 256, 24, 64, 64},
                                 {"inception4d", 112, 144, 288, 32, 64, 64},
                                 {"inception4e", 256, 160, 320, 32, 128, 128}};
constexpr Inception kFifth[] = {{"inception5a", 256, 160, 320, 32, 128, 128},
                                {"inception5b", 384, 192, 384, 48, 128, 128}};

ValueId inception(const Layers& net, ValueId x, const Inception& widths) {
    const auto narrow_wide = [&](const Layers& branch, int narrow, int wide) {
        const ValueId y = basic_conv(branch.in(0), x, {.channels = narrow});
        return basic_conv(branch.in(1), y, {.channels = wide, .kernel = 3});
    };
    const ValueId single = basic_conv(net.in("branch1"), x, {.channels = widths.single});
    const ValueId triple = narrow_wide(net.in("branch2"), widths.squeezed3, widths.triple);
    const ValueId quintuple = narrow_wide(net.in("branch3"), widths.squeezed5, widths.quintuple);
    const ValueId pool = net.max_pool(x, {.kernel = 3, .stride = 1, .padding = 1, .ceil = true});
    const ValueId pooled = basic_conv(net.in("branch4").in(1), pool, {.channels = widths.pooled});
    return net.result(net.concat({single, triple, quintuple, pooled}));
}

ValueId logits(const Layers& net, ValueId image, int classes) {
    const Pooling halve = {.kernel = 3, .stride = 2, .ceil = true};
    ValueId x = basic_conv(net.in("conv1"), image, {.channels = 64, .kernel = 7, .stride = 2});
    x = basic_conv(net.in("conv2"), net.max_pool(x, halve), {.channels = 64});
    x = basic_conv(net.in("conv3"), x, {.channels = 192, .kernel = 3});
    x = net.max_pool(x, halve);
    for (const Inception& block : kThird) x = inception(net.in(block.name), x, block);
    x = net.max_pool(x, halve);
    for (const Inception& block : kFourth) x = inception(net.in(block.name), x, block);
    x = net.max_pool(x, {.kernel = 2, .stride = 2, .ceil = true});
    for (const Inception& block : kFifth) x = inception(net.in(block.name), x, block);
    return net.linear("fc", net.global_pool(x), classes);
}

constexpr Backbone kTable[] = {{.name = "googlenet",
                                .classifier = "fc.weight",
                                .logits = logits,
                                .published_centred = true,
                                .left_out = kAuxiliary}};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::googlenet
