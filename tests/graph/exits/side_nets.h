// Small hand-built networks on 3x8x8 images whose heads need more than the map at their site, or beside whose
// sites other values live. Five classes, made-up weights; the type of a head is its output's name.
#pragma once

#include "tests/graph/net.h"
#include "tests/runtime/flow/exit_net.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace dyce::test {

struct HeadRow {
    int site;
    std::string output;
    HeadRole role = HeadRole::kExit;
    std::vector<std::string> reads = {};
    int chain = -1;
};

inline ExitTable table_of(const Graph& graph, const std::vector<std::string>& sites,
                          const std::vector<HeadRow>& rows) {
    ExitTable exits{find_sites(graph, sites), {}};
    for (const HeadRow& row : rows) {
        const auto at = std::find_if(graph.outputs.begin(), graph.outputs.end(),
                                     [&](ValueId id) { return graph.value(id).name == row.output; });
        const auto output = static_cast<int>(at - graph.outputs.begin());
        exits.heads.push_back({row.site, row.output, output, 0, row.role, row.reads, row.chain, 0});
    }
    complete_heads(graph, exits);
    return exits;
}

inline ExitNet side_net(Net net, const std::vector<ValueId>& outputs, const std::vector<std::string>& sites,
                        const std::vector<HeadRow>& rows) {
    ExitNet made{std::move(net).build(outputs), {}};
    made.exits = table_of(made.graph, sites, rows);
    return made;
}

inline ValueId mean_of(Net& net, ValueId x) { return net.op("Flatten", {net.op("GlobalAveragePool", {x})}); }
inline ValueId relu_of(Net& net, ValueId x, const std::string& name = "") {
    return net.op("Relu", {x}, {}, name);
}
inline ValueId linear_of(Net& net, ValueId x, std::int64_t features, const std::string& name = "") {
    return net.op("Gemm", {x, net.weights({net.shape(x)[1], features}), net.weights({features})}, {}, name);
}
inline ValueId block_of(Net& net, ValueId x, const std::string& name) {
    return relu_of(net, net.op("Add", {net.conv(x, net.shape(x)[1], 3), x}), name);
}

/// Branch "b" begins before sites "a0" and "a1" and joins behind them.
inline ExitNet make_branches() {
    Net net(2);
    const ValueId x = relu_of(net, net.conv(net.input({1, 3, 8, 8}), 8, 3));
    const ValueId b = relu_of(net, net.conv(x, 4, 3), "b");
    const ValueId a0 = relu_of(net, net.conv(x, 8, 3), "a0");
    const ValueId a1 = relu_of(net, net.conv(a0, 8, 3), "a1");
    const ValueId joined = net.op("Add", {net.conv(a1, 4, 3), b});
    const ValueId logits = linear_of(net, mean_of(net, joined), 5, "logits");
    const ValueId exit0 = linear_of(net, mean_of(net, a0), 5, "exit0");
    const ValueId exit1 = linear_of(net, mean_of(net, a1), 5, "exit1");
    return side_net(std::move(net), {logits, exit0, exit1}, {"a0", "a1"}, {{0, "exit0"}, {1, "exit1"}});
}

/// The backbone is done with "c" when "a0" is made; the heads at "a1" read it once more, and "b".
inline ExitNet make_joint_heads() {
    Net net(3);
    const ValueId x = relu_of(net, net.conv(net.input({1, 3, 8, 8}), 8, 3));
    const ValueId b = relu_of(net, net.conv(x, 4, 3), "b");
    const ValueId c = relu_of(net, net.conv(x, 6, 3), "c");
    const ValueId a0 = relu_of(net, net.conv(c, 8, 3), "a0");
    const ValueId a1 = relu_of(net, net.conv(a0, 8, 3), "a1");
    const ValueId joined = net.op("Add", {net.conv(a1, 4, 3), b});
    const ValueId logits = linear_of(net, mean_of(net, joined), 5, "logits");
    const ValueId exit0 = linear_of(net, mean_of(net, a0), 5, "exit0");
    const auto joint = [&](std::vector<ValueId> values, const std::string& name) {
        ValueId sum = linear_of(net, mean_of(net, a1), 5);
        for (std::size_t i = 0; i < values.size(); ++i)
            sum = net.op("Add", {sum, linear_of(net, mean_of(net, values[i]), 5)}, {},
                         i + 1 == values.size() ? name : "");
        return sum;
    };
    const ValueId with_c = joint({c}, "with_c");
    const ValueId with_both = joint({net.op("Tanh", {c}), b}, "with_both");  // may not be made in place of c
    return side_net(
        std::move(net), {logits, exit0, with_c, with_both}, {"a0", "a1"},
        {{0, "exit0"}, {1, "with_c", HeadRole::kExit, {"c"}}, {1, "with_both", HeadRole::kExit, {"c", "b"}}});
}

enum class ChainKind {
    kSums,     ///< exits 0, 1, 2 read u0, u1, u2; u_k = u_(k-1) + linear(mean of site k), 6 numbers
    kBoosted,  ///< logits of exit k = logits of exit k-1 + linear(mean of site k)
    kFeeds,    ///< as kSums, with rows of their own for u0 and u1, and no exit at site 1
};

/// Sites "s0", "s1", "s2", a chain of heads along them.
inline ExitNet make_chain(ChainKind kind) {
    Net net(4);
    ValueId x = relu_of(net, net.conv(net.input({1, 3, 8, 8}), 8, 3));
    const bool is_boosted = kind == ChainKind::kBoosted;
    std::vector<ValueId> exits, sums;
    for (int k = 0; k < 3; ++k) {
        const std::string number = std::to_string(k);
        x = block_of(net, x, "s" + number);
        const std::string name = is_boosted ? "exit" + number : "u" + number;
        const ValueId mean = mean_of(net, x);
        const std::int64_t width = is_boosted ? 5 : 6;
        ValueId sum = k == 0 ? linear_of(net, mean, width, name)
                             : net.op("Add", {sums.back(), linear_of(net, mean, width)}, {}, name);
        sums.push_back(sum);
        exits.push_back(is_boosted ? sum : linear_of(net, relu_of(net, sum), 5, "exit" + number));
    }
    const ValueId logits = linear_of(net, mean_of(net, net.conv(x, 8, 3)), 5, "logits");
    const std::vector<std::string> sites = {"s0", "s1", "s2"};
    if (kind != ChainKind::kFeeds)
        return side_net(
            std::move(net), {logits, exits[0], exits[1], exits[2]}, sites,
            {{0, "exit0"}, {1, "exit1", HeadRole::kExit, {}, 0}, {2, "exit2", HeadRole::kExit, {}, 1}});
    return side_net(std::move(net), {logits, sums[0], exits[0], sums[1], exits[2]}, sites,
                    {{0, "u0", HeadRole::kFeed},
                     {0, "exit0", HeadRole::kExit, {}, 0},
                     {1, "u1", HeadRole::kFeed, {}, 0},
                     {2, "exit2", HeadRole::kExit, {}, 2}});
}

}  // namespace dyce::test
