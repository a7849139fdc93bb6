// A small residual network with two heads at each of its sites, and made-up weights.
#pragma once

#include "graph/builder.h"
#include "graph/exits/exits.h"

#include <random>
#include <string>

namespace dyce::test {

struct ExitNet {
    Graph graph;
    ExitTable exits;
};

/// 3x8x8 images, `blocks` residual blocks of 8 channels, 5 classes; heads "exitK" (average) and "quadK"
/// (2x2).
inline ExitNet make_exit_net(int blocks, unsigned seed = 1) {
    std::mt19937 random(seed);
    GraphBuilder g;
    int constants = 0;
    const auto weights = [&](const Shape& shape, float scale) {
        std::normal_distribution<float> normal(0, scale);
        Tensor tensor(DataType::kFloat32, shape);
        for (std::int64_t i = 0; i < tensor.elements(); ++i) tensor.mutable_data<float>()[i] = normal(random);
        return g.constant("w" + std::to_string(constants++), tensor);
    };
    const auto conv = [&](ValueId x, std::int64_t in) {
        return g.add("Conv", {x, weights({8, in, 3, 3}, 0.3f)},
                     {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}});
    };
    const auto linear = [&](ValueId x, std::int64_t in, const std::string& name) {
        return g.add("Gemm", {x, weights({in, 5}, 1.f)}, {}, name);
    };
    std::vector<ValueId> heads;
    ValueId x = g.add("Relu", {conv(g.input("x", {DataType::kFloat32, {1, 3, 8, 8}}), 3)});
    for (int b = 0; b < blocks; ++b) {
        const ValueId inner = conv(g.add("Relu", {conv(x, 8)}), 8);
        x = g.add("Relu", {g.add("Add", {inner, x})}, {}, "block" + std::to_string(b));
        const ValueId mean = g.add("Flatten", {g.add("GlobalAveragePool", {x})});
        const ValueId quads = g.add("Flatten", {g.add("AveragePool", {x},
                                                      {{"kernel_shape", std::vector<std::int64_t>{4, 4}},
                                                       {"strides", std::vector<std::int64_t>{4, 4}}})});
        heads.push_back(linear(mean, 8, "exit" + std::to_string(b)));
        heads.push_back(linear(quads, 32, "quad" + std::to_string(b)));
    }
    g.output(linear(g.add("Flatten", {g.add("GlobalAveragePool", {x})}), 8, "logits"));
    for (const ValueId head : heads) g.output(head);
    ExitNet net{std::move(g).build(), {}};
    net.exits = find_exits(net.graph);
    return net;
}

}  // namespace dyce::test
