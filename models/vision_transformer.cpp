// ViT, Dosovitskiy et al., "An Image is Worth 16x16 Words", 2020, under torchvision's names, and DeiT, Touvron et
// al., "Training data-efficient image transformers", 2020, which is the same network, under timm's.
#include "models/attention.h"

namespace dyce::models::vision_transformer {
namespace {

constexpr float kEpsilon = 1e-6F;
constexpr std::int64_t kPatch = 16;
constexpr int kDepth = 12;

struct Names {
    const char *patches, *class_token, *positions;
    const char* block;  ///< its number follows
    const char *norm1, *attention, *queries_keys_values, *projection;
    const char *norm2, *first, *second;
    const char *norm, *head;
};

constexpr Names kTorchvision = {"conv_proj",
                                "class_token",
                                "encoder.pos_embedding",
                                "encoder.layers.encoder_layer_",
                                "ln_1",
                                "self_attention",
                                "in_proj_",
                                "out_proj",
                                "ln_2",
                                "mlp.0",
                                "mlp.3",
                                "encoder.ln",
                                "heads.head"};
constexpr Names kTimm = {
    "patch_embed.proj", "cls_token", "pos_embed", "blocks.", "norm1", "attn", "qkv.", "proj", "norm2",
    "mlp.fc1",          "mlp.fc2",   "norm",      "head"};

// As the published weights of 2021 call the layers.
constexpr ParameterName kOldNames[] = {{".mlp.linear_1.", ".mlp.0."}, {".mlp.linear_2.", ".mlp.3."}};

/// N x T x C: a class token, and one for each patch of the image, row by row.
ValueId tokens(const Layers& net, ValueId image, std::int64_t width, const Names& names) {
    ValueId x = net.conv(names.patches, image,
                         {.channels = width, .kernel = kPatch, .stride = kPatch, .bias = true, .padding = 0});
    x = net.transpose(net.reshape(x, {0, width, -1}), {0, 2, 1});
    const ValueId token = net.apply("ExpandToBatch", {net.parameter(names.class_token, {1, 1, width}), x});
    x = net.concat({token, x});
    return net.add(x, net.parameter(names.positions, {1, net.shape(x)[1], width}));
}

ValueId block(const Layers& net, ValueId x, std::int64_t heads, const Names& names) {
    const ValueId seen = self_attention(
        net.in(names.attention), net.layer_norm(names.norm1, x, kEpsilon),
        {.heads = heads, .queries_keys_values = names.queries_keys_values, .projection = names.projection});
    x = net.add(x, seen);
    const ValueId normalised = net.layer_norm(names.norm2, x, kEpsilon);
    return net.result(
        net.add(x, feed_forward(net, names.first, names.second, normalised, 4 * net.shape(x)[-1])));
}

template <int width, const Names& names>
ValueId logits(const Layers& net, ValueId image, int classes) {
    ValueId x = tokens(net, image, width, names);
    for (int i = 0; i < kDepth; ++i) x = block(net.in(names.block + std::to_string(i)), x, width / 64, names);
    const ValueId token = net.reshape(net.slice(x, 1, 0, 1), {0, width});
    return net.linear(names.head, net.layer_norm(names.norm, token, kEpsilon), classes);
}

constexpr Backbone kTable[] = {
    {.name = "deit_tiny", .classifier = "head.weight", .logits = logits<192, kTimm>},
    {.name = "deit_small", .classifier = "head.weight", .logits = logits<384, kTimm>},
    {.name = "vit_b_16",
     .classifier = "heads.head.weight",
     .logits = logits<768, kTorchvision>,
     .old_names = kOldNames},
};

}  // namespace

extern const std::span<const Backbone> family = kTable;

}  // namespace dyce::models::vision_transformer
