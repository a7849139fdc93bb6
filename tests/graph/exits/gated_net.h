// The small residual network with gates at its sites.
#pragma once

#include "graph/exits/head_builder.h"
#include "graph/interpreter.h"
#include "tests/runtime/flow/exit_net.h"

#include <algorithm>
#include <random>
#include <vector>

namespace dyce::test {

inline Tensor random_tensor(std::mt19937& random, const Shape& shape, float scale) {
    std::normal_distribution<float> normal(0, scale);
    Tensor tensor(DataType::kFloat32, shape);
    for (std::int64_t i = 0; i < tensor.elements(); ++i) tensor.mutable_data<float>()[i] = normal(random);
    return tensor;
}

/// 3x8x8 images that differ more than noise does: in strength, and from channel to channel.
inline std::vector<std::vector<float>> varied_images(int count, unsigned seed = 3) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal;
    std::vector<std::vector<float>> images(static_cast<std::size_t>(count));
    for (auto& image : images)
        for (int channel = 0; channel < 3; ++channel) {
            const float mean = 2 * normal(random), strength = normal(random);
            for (int i = 0; i < 64; ++i) image.push_back(mean + strength * normal(random));
        }
    return images;
}

/// A gate with made-up weights behind every site but the last: of the network with all stages, each is open for half of
/// some images.
inline void attach_gates(ExitNet& net, unsigned seed = 4) {
    std::mt19937 random(seed);
    std::vector<Tensor> images;
    for (const auto& image : varied_images(31, seed)) {
        images.emplace_back(DataType::kFloat32, Shape{1, 3, 8, 8});
        std::ranges::copy(image, images.back().mutable_data<float>());
    }
    for (int site = 0; site + 1 < static_cast<int>(net.exits.sites.size()); ++site) {
        const HeadLayer first{random_tensor(random, {16, 8}, 0.5f), random_tensor(random, {16}, 0.5f)};
        HeadLayer second{random_tensor(random, {2, 16}, 1), Tensor::of({2}, {0, 0})};
        ExitNet trial = net;
        attach_head(trial.graph, trial.exits, site, gate_type(), {first, second});
        std::vector<float> differences;
        for (const Tensor& image : images) {
            const Tensor logits = interpret(trial.graph, {image}).back();
            differences.push_back(logits.data<float>()[1] - logits.data<float>()[0]);
        }
        std::ranges::sort(differences);
        second.bias.mutable_data<float>()[0] = differences[differences.size() / 2];
        attach_head(net.graph, net.exits, site, gate_type(), {first, second});
    }
}

inline ExitNet make_gated_net(int blocks, unsigned seed = 1) {
    ExitNet net = make_exit_net(blocks, seed);
    attach_gates(net, seed + 3);
    return net;
}

/// Members with this tau each.
inline std::vector<ExitSite> gated_sites(const std::vector<ExitNet>& nets,
                                         const std::vector<double>& thresholds) {
    std::vector<ExitNetwork> members;
    for (std::size_t m = 0; m < nets.size(); ++m)
        members.push_back({&nets[m].graph, &nets[m].exits, count_macs(nets[m].graph), thresholds[m]});
    return list_sites(members);
}

}  // namespace dyce::test
