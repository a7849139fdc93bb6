// The small residual network with gates at its sites.
#pragma once

#include "graph/exits/head_builder.h"
#include "tests/runtime/flow/exit_net.h"

#include <random>
#include <vector>

namespace dyce::test {

inline Tensor random_tensor(std::mt19937& random, const Shape& shape, float scale) {
    std::normal_distribution<float> normal(0, scale);
    Tensor tensor(DataType::kFloat32, shape);
    for (std::int64_t i = 0; i < tensor.elements(); ++i) tensor.mutable_data<float>()[i] = normal(random);
    return tensor;
}

/// A gate with made-up weights behind every site but the last.
inline void attach_gates(ExitNet& net, unsigned seed = 4) {
    std::mt19937 random(seed);
    for (int site = 0; site + 1 < static_cast<int>(net.exits.sites.size()); ++site)
        attach_head(net.graph, net.exits, site, gate_type(),
                    {{random_tensor(random, {16, 8}, 0.5f), random_tensor(random, {16}, 0.5f)},
                     {random_tensor(random, {2, 16}, 1.f), random_tensor(random, {2}, 0.2f)}});
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
