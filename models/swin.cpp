// Swin Transformer, Liu et al., "Swin Transformer: Hierarchical Vision Transformer using Shifted Windows", 2021;
// torchvision's names. Maps are N x H x W x C. Each window's tokens are gathered out of the map, rolled or not,
// in one copy; which are where, and who must not see whom, is known before any image is.
#include "models/attention.h"
#include "models/windows.h"

namespace dyce::models::swin {
namespace {

constexpr float kEpsilon = 1e-5F;
constexpr std::int64_t kSide = 7;  // of a window

// What the state dict has besides: which row of the table belongs to which pair of places.
constexpr std::string_view kKnown[] = {".relative_position_index"};

/// Rows and columns of zeros at the end, up to multiples of `unit`.
ValueId pad_to_multiple(const Layers& net, ValueId x, std::int64_t unit) {
    const auto missing = [&](int axis) { return (unit - net.shape(x)[axis] % unit) % unit; };
    if (missing(1) == 0 && missing(2) == 0) return x;
    return net.apply("Pad", {x},
                     {{"pads", std::vector<std::int64_t>{0, 0, 0, 0, 0, missing(1), missing(2), 0}}});
}

ValueId gather(const Layers& net, ValueId x, std::int64_t axis, const std::vector<std::int64_t>& indices) {
    const ValueId where = net.numbers({static_cast<std::int64_t>(indices.size())}, indices);
    return net.apply("Gather", {x, where}, {{"axis", axis}});
}

/// What is added to the scores: heads x T x T, or that for each window where the map was rolled.
ValueId scores_bias(const Layers& net, const Windows& windows, std::int64_t heads) {
    const std::int64_t places = windows.places(), distances = 2 * kSide - 1;
    const ValueId table = net.parameter("relative_position_bias_table", {distances * distances, heads});
    const ValueId by_pair = net.reshape(gather(net, table, 0, windows.distances()), {places, places, heads});
    const ValueId bias = net.transpose(by_pair, {2, 0, 1});
    if (!windows.is_rolled()) return bias;
    const ValueId mask = net.numbers({windows.count(), 1, places, places}, windows.mask());
    return net.add(net.to_float(mask), bias);
}

ValueId window_attention(const Layers& net, ValueId map, std::int64_t heads, std::int64_t shift) {
    const std::int64_t height = net.shape(map)[1], width = net.shape(map)[2], channels = net.shape(map)[3];
    const ValueId padded = pad_to_multiple(net, map, kSide);
    const Windows windows(net.shape(padded)[1], net.shape(padded)[2], kSide, shift);
    ValueId x = gather(net, net.reshape(padded, {0, -1, channels}), 1, windows.order());
    x = net.reshape(x, {0, windows.count(), windows.places(), channels});
    x = self_attention(net, x,
                       {.heads = heads,
                        .queries_keys_values = "qkv.",
                        .projection = "proj",
                        .bias = scores_bias(net, windows, heads)});
    x = gather(net, net.reshape(x, {0, -1, channels}), 1, windows.inverse(height, width));
    return net.reshape(x, {0, height, width, channels});
}

ValueId block(const Layers& net, ValueId x, std::int64_t heads, std::int64_t shift) {
    const ValueId normalised = net.layer_norm("norm1", x, kEpsilon);
    x = net.add(x, window_attention(net.in("attn"), normalised, heads, shift));
    const std::int64_t inside = 4 * net.shape(x)[-1];
    return net.result(
        net.add(x, feed_forward(net, "mlp.0", "mlp.3", net.layer_norm("norm2", x, kEpsilon), inside)));
}

/// Each 2 x 2 places become one of twice the channels.
ValueId merge_patches(const Layers& net, ValueId x) {
    const std::int64_t channels = net.shape(x)[-1];
    x = pad_to_multiple(net, x, 2);
    const std::int64_t height = net.shape(x)[1], width = net.shape(x)[2];
    std::vector<ValueId> parts;
    for (const std::int64_t column : {0, 1})
        for (const std::int64_t row : {0, 1})
            parts.push_back(net.slice(net.slice(x, 1, row, height, 2), 2, column, width, 2));
    x = net.layer_norm("norm", net.concat(parts, 3), kEpsilon);
    return net.linear(x, net.parameter("reduction.weight", {2 * channels, 4 * channels}), -1);
}

template <int first_heads, int... depths>
ValueId logits(const Layers& net, ValueId image, int classes) {
    const Layers features = net.in("features");
    ValueId x = features.in(0).conv(
        "0", image, {.channels = 32 * first_heads, .kernel = 4, .stride = 4, .bias = true, .padding = 0});
    x = features.in(0).layer_norm("2", net.transpose(x, {0, 2, 3, 1}), kEpsilon);
    int index = 1;
    std::int64_t heads = first_heads;
    for (const int depth : {depths...}) {
        if (index > 1) x = merge_patches(features.in(index++), x);
        const Layers stage = features.in(index++);
        for (int i = 0; i < depth; ++i) x = block(stage.in(i), x, heads, i % 2 == 0 ? 0 : kSide / 2);
        heads *= 2;
    }
    x = net.transpose(net.layer_norm("norm", x, kEpsilon), {0, 3, 1, 2});
    return net.linear("head", net.global_pool(x), classes);
}

constexpr Backbone kTable[] = {
    {.name = "swin_t", .classifier = "head.weight", .logits = logits<3, 2, 2, 6, 2>, .left_out = kKnown}};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::swin
