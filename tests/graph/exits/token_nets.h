// Small networks on tokens and on maps whose channels lie last, block by block, with made-up weights: 3x16x16
// images, 16 patches of 8 numbers.
#pragma once

#include "tests/graph/net.h"

#include <string>

namespace dyce::test {

inline ValueId norm_of(Net& net, ValueId x, const std::string& name = "") {
    const Shape channels{net.shape(x)[-1]};
    return net.op("LayerNormalization", {x, net.weights(channels, 0.5f, 1.5f), net.weights(channels)}, {},
                  name);
}

inline ValueId transposed_of(Net& net, ValueId x, const Ints& perm) {
    return net.op("Transpose", {x}, {{"perm", perm}});
}

inline ValueId reshaped_of(Net& net, ValueId x, const Ints& shape) {
    return net.op("Reshape", {x}, {{"shape", shape}});
}

/// Patches of 4 x 4 pixels as tokens; `wide`: of 4 x 8.
inline ValueId patches_of(Net& net, ValueId image, bool wide = false) {
    const ValueId map = net.op("Conv", {image, net.weights({8, 3, 4, wide ? 8 : 4}, -0.2f, 0.2f)},
                               {{"strides", Ints{4, wide ? 8 : 4}}});
    return transposed_of(net, reshaped_of(net, map, {0, 8, -1}), {0, 2, 1});
}

/// `count` rows that are the same for every image, before the tokens.
inline ValueId join_prefix(Net& net, ValueId image, ValueId tokens, std::int64_t count) {
    const ValueId rows = net.op("ExpandToBatch", {net.weights({1, count, net.shape(tokens)[2]}), image});
    return net.op("Concat", {rows, tokens}, {{"axis", std::int64_t{1}}});
}

/// What an attention adds to N x T x C.
inline ValueId attended(Net& net, ValueId x) {
    const std::int64_t channels = net.shape(x)[-1];
    const ValueId q = net.matmul(x, channels), k = net.matmul(x, channels), v = net.matmul(x, channels);
    const ValueId scores = net.op("Softmax", {net.op("MatMul", {q, transposed_of(net, k, {0, 2, 1})})});
    return net.matmul(net.op("MatMul", {scores, v}), channels);
}

/// What a perceptron adds to each position.
inline ValueId perceived(Net& net, ValueId x) {
    const std::int64_t channels = net.shape(x)[-1];
    return net.matmul(net.op("Gelu", {net.matmul(x, 2 * channels)}), channels);
}

inline ValueId sum_of(Net& net, ValueId x, ValueId y, const std::string& name = "") {
    return net.op("Add", {x, y}, {}, name);
}

inline ValueId pre_norm_block(Net& net, ValueId x, const std::string& name) {
    x = sum_of(net, attended(net, norm_of(net, x)), x, name + ".attention");
    return sum_of(net, x, perceived(net, norm_of(net, x)), name);
}

inline ValueId post_norm_block(Net& net, ValueId x, const std::string& name) {
    x = norm_of(net, sum_of(net, x, attended(net, x)));
    return norm_of(net, sum_of(net, x, perceived(net, x)), name);
}

/// The token at the front, or the mean of all.
inline ValueId token_classifier(Net& net, ValueId x, bool is_class_token) {
    const ValueId features =
        is_class_token
            ? net.op("Flatten",
                     {net.op("Slice", {x}, {{"axes", Ints{1}}, {"ends", Ints{1}}, {"starts", Ints{0}}})})
            : net.op("ReduceMean", {x}, {{"axes", Ints{1}}, {"keepdims", std::int64_t{0}}});
    return net.gemm(features, 5);
}

/// Class token, position encoding, `blocks` blocks "b0", "b1", ..; a norm at the end.
inline Graph make_vit(int blocks, std::int64_t prefix = 1, bool wide = false, unsigned seed = 7) {
    Net net(seed);
    const ValueId image = net.input({1, 3, 16, 16});
    ValueId x = patches_of(net, image, wide);
    if (prefix > 0) x = join_prefix(net, image, x, prefix);
    x = sum_of(net, x, net.weights({1, net.shape(x)[1], 8}), "positions");
    for (int b = 0; b < blocks; ++b) x = pre_norm_block(net, x, "b" + std::to_string(b));
    const ValueId logits = token_classifier(net, norm_of(net, x, "norm"), prefix > 0);
    return std::move(net).build({logits});
}

}  // namespace dyce::test
