// Covers exits.
#include "graph/exits/sites.h"

#include "models/backbones.h"
#include "tests/graph/net.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

const Shape kImage{1, 4, 8, 8};

std::vector<std::string> names(const std::vector<Site>& sites) {
    std::vector<std::string> result;
    for (const Site& site : sites) result.push_back(site.name);
    return result;
}

using Names = std::vector<std::string>;

ValueId relu(Net& net, ValueId x, const std::string& name = "") { return net.op("Relu", {x}, {}, name); }
ValueId add(Net& net, ValueId a, ValueId b, const std::string& name = "") {
    return net.op("Add", {a, b}, {}, name);
}
ValueId classifier(Net& net, ValueId x, const std::string& name) {
    x = net.op("Flatten", {net.op("GlobalAveragePool", {x})});
    return net.op("Gemm", {x, net.weights({net.shape(x)[1], 10})}, {}, name);
}

// Parameters of no value at all: one block of zeros behind all of them.
Tensor zeros(const std::string&, const Shape& shape) {
    static const auto block = std::make_shared<const std::vector<float>>(std::size_t{1} << 23);
    REQUIRE(shape.elements() <= static_cast<std::int64_t>(block->size()));
    return {DataType::kFloat32, shape, block->data(), block};
}

}  // namespace

TEST_CASE("sites: counts of the built-in backbones") {
    // (docs/method.md, "Sites"). MobileNet and EfficientNet: their papers' blocks of stride 1 with equal
    // channels.
    const struct {
        std::string name;
        std::size_t sites;
    } rows[] = {{"resnet18", 8},
                {"resnet34", 16},
                {"resnet50", 16},
                {"resnet101", 33},
                {"resnet152", 50},
                {"cifar_resnet20", 9},
                {"cifar_resnet56", 27},
                {"convnextv2_atto", 12},
                {"convnextv2_tiny", 18},
                {"squeezenet1_1", 8},
                {"mobilenet_v2", 10},
                {"mobilenet_v3_small", 6},
                {"mobilenet_v3_large", 10},
                {"efficientnet_b0", 9}};
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const Backbone& backbone = find_backbone(row.name);
        const Graph graph = build_backbone(backbone, zeros, 10, backbone.input());
        const auto sites = find_sites(graph);
        CHECK(sites.size() == row.sites);
        CHECK(sites.back().macs <= count_macs(graph));
    }
}

TEST_CASE("sites: a join is taken after its activation, with the cost of what is before it") {
    Net net;
    const ValueId x = net.conv(net.input(kImage), 4);  // 1x1: 4*4*64 multiply-adds
    const ValueId a = relu(net, add(net, net.conv(x, 4), x, "sum_a"), "a");
    const ValueId b = net.op("Concat", {net.conv(a, 2), a}, {{"axis", std::int64_t{1}}}, "b");
    const ValueId c = relu(net, net.conv(b, 4), "chain");
    const auto sites = find_sites(std::move(net).build({classifier(net, c, "logits")}));
    REQUIRE(names(sites) == Names{"a", "b"});
    CHECK(sites[0].macs == 2 * 4 * 4 * 64);
    CHECK(sites[0].channels == 4);
    CHECK(sites[1].macs == 2 * 4 * 4 * 64 + 4 * 2 * 64);
    CHECK(sites[1].channels == 6);
}

TEST_CASE("sites: what is no join, or not alone, is no site") {
    SUBCASE("a plain chain, and sums with constants") {
        Net net;
        ValueId x = relu(net, net.conv(net.input(kImage), 4));
        x = add(net, x, net.weights({4, 1, 1}));
        x = net.op("MaxPool", {x}, {{"kernel_shape", Ints{2, 2}}});
        CHECK(find_sites(std::move(net).build({classifier(net, x, "logits")})).empty());
    }
    SUBCASE("a join beside another branch") {
        Net net;
        const ValueId x = relu(net, net.input(kImage));
        const ValueId inner = add(net, net.conv(x, 4), net.conv(x, 4), "inner");
        const ValueId outer = add(net, net.conv(inner, 4), x, "outer");
        CHECK(names(find_sites(std::move(net).build({classifier(net, outer, "logits")}))) == Names{"outer"});
    }
    SUBCASE("a join of vectors") {
        Net net;
        const ValueId x = net.op("Flatten", {net.op("GlobalAveragePool", {net.input(kImage)})});
        CHECK(find_sites(std::move(net).build({add(net, x, net.op("Relu", {x}))})).empty());
    }
}

TEST_CASE("sites: the activation is left out where others read the join") {
    Net net;
    const ValueId sum = add(net, net.conv(net.input(kImage), 4), net.weights(kImage), "not a join");
    const ValueId join = add(net, sum, relu(net, sum), "join");
    const ValueId y = add(net, relu(net, join, "activation"), join, "next");
    CHECK(names(find_sites(std::move(net).build({classifier(net, y, "logits")}))) == Names{"join", "next"});
}

TEST_CASE("sites: imported heads begin at sites and are no part of the backbone") {
    Net net;
    const ValueId x = relu(net, net.conv(net.input(kImage), 4), "stem");
    const ValueId exit = classifier(net, x, "exit0");
    const ValueId y = add(net, net.conv(x, 4), x, "sum");
    const ValueId deeper = classifier(net, relu(net, y, "relu"), "logits");
    const ValueId head = classifier(net, y, "exit1");
    const auto sites = find_sites(std::move(net).build({deeper, exit, head}));
    REQUIRE(names(sites) == Names{"stem", "sum"});
    CHECK(sites[1].macs == 2 * 4 * 4 * 64);  // without the head before it
}
