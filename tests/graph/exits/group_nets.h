// A network with heads that have a matrix or a sum in common, and what such heads compute, by plain loops in
// double.
#pragma once

#include "graph/exits/head_group.h"
#include "graph/interpreter.h"
#include "tests/graph/exits/plain_head.h"
#include "tests/graph/exits/side_nets.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace dyce::test {

/// Sites s0 and s1 are maps of 8x8x8, s2 and s3 of 12x4x4; s4 is the vector of 12 behind them. No heads.
inline ExitNet make_sites_net() {
    Net net(11);
    ValueId x = relu_of(net, net.conv(net.input({1, 3, 8, 8}), 8, 3));
    x = block_of(net, block_of(net, x, "s0"), "s1");
    x = relu_of(net, net.conv(x, 12, 3, 1, true, 2));
    x = block_of(net, block_of(net, x, "s2"), "s3");
    const ValueId features = relu_of(net, mean_of(net, x), "s4");
    const ValueId logits = linear_of(net, features, 5, "logits");
    return side_net(std::move(net), {logits}, {"s0", "s1", "s2", "s3", "s4"}, {});
}

using Groups = std::vector<std::vector<HeadWeights>>;

/// Weights of a type's heads at these sites, group by group.
inline Groups random_groups(const ExitNet& net, const HeadType& type, const std::vector<int>& sites,
                            unsigned seed = 5) {
    std::mt19937 random(seed);
    std::map<std::string, std::size_t> places;
    Groups groups;
    for (const int site : sites) {
        const auto [place, is_new] =
            places.try_emplace(group_of(net.graph, net.exits, site, type), groups.size());
        if (is_new) groups.emplace_back();
        auto& group = groups[place->second];
        const std::int64_t channels = net.exits.sites[static_cast<std::size_t>(site)].channels;
        HeadWeights head{site, random_layers(type, channels, 5, random)};
        // Logits that do not make every score 1.
        Tensor& last = head.layers[1].weight;
        std::for_each(last.mutable_data<float>(), last.mutable_data<float>() + last.elements(),
                      [](float& weight) { weight *= 0.02f; });
        if (type.family.one_matrix) {
            if (!group.empty()) head.layers[0].weight = group[0].layers[0].weight;
            head.factors = Tensor(DataType::kFloat32, {channels * type.grid * type.grid});
            std::uniform_real_distribution<float> factor(0.5f, 2);
            std::generate_n(head.factors.mutable_data<float>(), head.factors.elements(),
                            [&] { return factor(random); });
        }
        group.push_back(std::move(head));
    }
    return groups;
}

inline void attach_groups(ExitNet& net, const HeadType& type, const Groups& groups) {
    for (const auto& group : groups) attach_group(net.graph, net.exits, type, group);
}

/// With heads of that type at these maps.
inline ExitNet make_group_net(const std::string& name, const std::vector<int>& sites = {0, 1, 2, 3}) {
    ExitNet net = make_sites_net();
    const HeadType type = *parse_head_type(name);
    attach_groups(net, type, random_groups(net, type, sites));
    return net;
}

/// The group's logits for one image, by site. Hidden numbers that are added up are computed as a long vector of
/// all sites', zeros for those that are still to come, times as many copies of the site's matrix side by side.
inline std::map<int, std::vector<double>> plain_group(const ExitNet& net, const HeadType& type,
                                                      const std::vector<HeadWeights>& heads,
                                                      const Tensor& image) {
    std::map<int, std::vector<double>> logits;
    const auto hidden = static_cast<std::size_t>(type.hidden);
    std::vector<double> all(heads.size() * hidden, 0.0);
    for (std::size_t k = 0; k < heads.size(); ++k) {
        const HeadWeights& head = heads[k];
        const Site& site = net.exits.sites[static_cast<std::size_t>(head.site)];
        Graph graph = net.graph;
        graph.outputs = {site.value};
        const Tensor map = interpret(graph, {image})[0];
        const std::int64_t rows = map.shape()[2], columns = map.shape()[3];
        std::vector<double> x = plain_pool(
            map.data<float>(), {site.channels, rows, columns, rows * columns, columns, 1}, type.grid);
        for (std::size_t i = 0; type.family.one_matrix && i < x.size(); ++i)
            x[i] *= static_cast<double>(head.factors.data<float>()[i]);
        std::vector<double> h = plain_perceptron(x, {head.layers[0]});
        if (!type.family.sums) std::fill(all.begin(), all.end(), 0.0);
        for (std::size_t j = 0; j < hidden; ++j) all[k * hidden + j] = std::max(h[j], 0.0);
        std::vector<double>& out = logits[head.site];
        for (std::int64_t c = 0; c < head.layers[1].bias.elements(); ++c) {
            double sum = static_cast<double>(head.layers[1].bias.data<float>()[c]);
            for (std::size_t i = 0; i < all.size(); ++i)
                sum += all[i] *
                       static_cast<double>(
                           head.layers[1]
                               .weight.data<float>()[static_cast<std::size_t>(c) * hidden + i % hidden]);
            out.push_back(sum);
        }
    }
    return logits;
}

}  // namespace dyce::test
