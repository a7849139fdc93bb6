// Blocks that may be skipped, as the papers of these networks draw them.
#include "graph/exits/skippable.h"

#include "models/backbones.h"
#include "tests/graph/exits/token_nets.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

const Shape kImage{1, 4, 8, 8};

Tensor no_parameters(const std::string&, const Shape& shape) {
    static const auto block = std::make_shared<const std::vector<float>>(std::size_t{1} << 23);
    REQUIRE(shape.elements() <= static_cast<std::int64_t>(block->size()));
    return {DataType::kFloat32, shape, block->data(), block};
}

ValueId relu_of(Net& net, ValueId x, const std::string& name = "") { return net.op("Relu", {x}, {}, name); }

Graph classified(Net net, ValueId x) {
    const ValueId features = net.op("Flatten", {net.op("GlobalAveragePool", {x})});
    const ValueId logits = net.gemm(features, 5);
    return std::move(net).build({logits});
}

std::vector<bool> skippable_at(const Graph& graph, const std::vector<std::string>& names) {
    return skippable(graph, find_sites(graph, names));
}

using Flags = std::vector<bool>;

}  // namespace

TEST_CASE(
    "skippable: all blocks of the built-in residual networks but the first and those that halve the map") {
    const struct {
        std::string name;
        std::vector<std::size_t> fixed;
    } rows[] = {{"cifar_resnet20", {0, 3, 6}},
                {"cifar_resnet56", {0, 9, 18}},
                {"resnet18", {0, 2, 4, 6}},
                {"resnet50", {0, 3, 7, 13}}};
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const Backbone& backbone = find_backbone(row.name);
        const Graph graph = build_backbone(backbone, no_parameters, 10, backbone.input());
        const auto sites = find_sites(graph);
        Flags expected(sites.size(), true);
        for (const std::size_t b : row.fixed) expected[b] = false;
        CHECK(skippable(graph, sites) == expected);
    }
}

TEST_CASE("skippable: blocks that end with their sum, whatever the sign of what they add to") {
    Net net;
    const ValueId x = net.input(kImage);
    const ValueId a = sum_of(net, x, net.conv(x, 4), "a");
    const ValueId b = sum_of(net, relu_of(net, net.conv(a, 4)), a, "b");
    const ValueId c = sum_of(net, b, net.conv(relu_of(net, b), 4), "c");  // the order of pre-activation
    const ValueId end = relu_of(net, c);
    CHECK(skippable_at(classified(std::move(net), end), {"a", "b", "c"}) == Flags{false, true, true});
}

TEST_CASE("skippable: a ReLU behind the sum is no identity where numbers below 0 come in") {
    for (const bool is_positive : {false, true}) {
        Net net;
        const ValueId x = net.input(kImage);
        ValueId a = sum_of(net, x, net.conv(x, 4), is_positive ? "" : "a");
        if (is_positive) a = relu_of(net, a, "a");
        const ValueId b = relu_of(net, sum_of(net, a, net.conv(a, 4)), "b");
        const Graph graph = classified(std::move(net), b);
        CHECK(skippable_at(graph, {"a", "b"}) == Flags{false, is_positive});
        if (!is_positive)
            CHECK(find_skip_problems(graph, find_sites(graph, {"a", "b"}))[1] ==
                  "ends with a ReLU, but the value of site 0 may be below 0");
    }
}

TEST_CASE("skippable: what is no sum with the value before it") {
    Net net;
    const ValueId a = relu_of(net, net.conv(net.input(kImage), 4), "a");
    const ValueId b = relu_of(net, net.conv(a, 4), "b");                     // a plain chain
    const ValueId c = sum_of(net, net.conv(b, 4), net.conv(b, 4), "c");      // the shortcut computes
    const ValueId d = sum_of(net, c, c, "d");                                // twice the value
    const ValueId e = sum_of(net, d, net.weights({4, 1, 1}), "e");           // a constant alone
    const ValueId f = net.op("Mul", {e, relu_of(net, e)}, {}, "f");          // a product
    const ValueId g = relu_of(net, sum_of(net, f, net.conv(f, 4)), "g");     // below 0 before
    const ValueId h = sum_of(net, g, sum_of(net, relu_of(net, g), g), "h");  // two ways
    const ValueId i = net.op("HardSwish", {sum_of(net, h, net.conv(h, 4))}, {}, "i");  // another activation
    const Graph graph = classified(std::move(net), i);
    CHECK(skippable_at(graph, {"a", "b", "c", "d", "e", "f", "g", "h", "i"}) == Flags(9, false));
}

TEST_CASE("skippable: a stage that something passes by, or looks into") {
    Net net;
    const ValueId a = relu_of(net, net.conv(net.input(kImage), 4), "a");
    const ValueId inner = net.conv(a, 4);
    const ValueId b = sum_of(net, a, inner, "b");
    const ValueId c = sum_of(net, b, net.conv(b, 4), "c");
    const ValueId end = sum_of(net, c, inner);
    const Graph graph = classified(std::move(net), end);
    CHECK(skippable_at(graph, {"a", "b", "c"}) == Flags{false, false, false});
}

TEST_CASE("skippable: both halves of a transformer's block, one by one and together") {
    const Graph vit = make_vit(3);
    CHECK(skippable_at(vit, {"b0.attention", "b0", "b1.attention", "b1"}) == Flags{false, true, true, true});
    CHECK(skippable_at(vit, {"b0", "b1", "b2"}) == Flags{false, true, true});
    CHECK(skippable_at(vit, {"b1", "b2", "norm"}) == Flags{false, true, false});

    Net net;  // norms behind the sums are no identity
    const ValueId tokens = patches_of(net, net.input({1, 3, 16, 16}));
    const ValueId first = post_norm_block(net, tokens, "first");
    const ValueId logits = token_classifier(net, post_norm_block(net, first, "second"), false);
    CHECK(skippable_at(std::move(net).build({logits}), {"first", "second"}) == Flags{false, false});
}

TEST_CASE("skippable: a long chain of sums is judged in no time") {
    Net net;
    const ValueId a = net.conv(net.input(kImage), 4);
    ValueId x = a;
    for (int i = 0; i < 200; ++i) x = sum_of(net, x, x);
    const Graph graph = classified(std::move(net), x);
    CHECK(skippable_at(graph, {graph.value(a).name, graph.value(x).name}) == Flags{false, false});
}
