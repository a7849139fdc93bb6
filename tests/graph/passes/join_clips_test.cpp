#include "graph/passes/passes.h"
#include "tests/graph/net.h"

#include <doctest/doctest.h>

#include <optional>

using namespace dyce;
using namespace dyce::test;

namespace {

struct Bounds {
    std::optional<float> low, high;
};

ValueId clip(Net& net, ValueId x, const Bounds& bounds) {
    Attributes attributes;
    if (bounds.low) attributes.set("min", *bounds.low);
    if (bounds.high) attributes.set("max", *bounds.high);
    return net.op("Clip", {x}, attributes);
}

}  // namespace

TEST_CASE("join_clips: two Clips are one with the bounds both leave") {
    const struct {
        Bounds first, second, joined;
    } rows[] = {
        {{-1.f, 1.f}, {-0.5f, 0.5f}, {-0.5f, 0.5f}}, {{-0.5f, 0.5f}, {-1.f, 1.f}, {-0.5f, 0.5f}},
        {{-1.f, 0.5f}, {0.f, 1.f}, {0.f, 0.5f}},     {{-1.f, -0.5f}, {0.5f, 1.f}, {0.5f, 0.5f}},
        {{0.5f, 1.f}, {-1.f, 0.f}, {0.f, 0.f}},      {{0.5f, {}}, {{}, 1.f}, {0.5f, 1.f}},
    };
    for (const auto& row : rows) {
        Net net;
        const ValueId y = clip(net, clip(net, net.input({1, 40}), row.first), row.second);
        Graph graph = std::move(net).build({y});
        const Graph before = graph;
        CHECK(join_clips(graph));
        check_same(before, graph);
        REQUIRE(line(graph) == "Clip");
        CHECK(graph.nodes[0].attributes.real("min", 99) == row.joined.low);
        CHECK(graph.nodes[0].attributes.real("max", 99) == row.joined.high);
    }
}

TEST_CASE("join_clips: Relu is a Clip too") {
    const auto left_of = [](ValueId (*step)(Net&, ValueId)) {
        Net net;
        const ValueId y = step(net, net.input({1, 40}));
        return line_after(join_clips, std::move(net).build({y}));
    };
    CHECK(left_of([](Net& net, ValueId x) { return clip(net, net.op("Relu", {x}), {0.f, 1.f}); }) == "Clip");
    CHECK(left_of([](Net& net, ValueId x) { return net.op("Relu", {clip(net, x, {-1.f, 1.f})}); }) == "Clip");
    CHECK(left_of([](Net& net, ValueId x) { return net.op("Relu", {clip(net, x, {-1.f, {}})}); }) == "Relu");
    CHECK(left_of([](Net& net, ValueId x) { return net.op("Relu", {net.op("Relu", {x})}); }) == "Relu");
}

TEST_CASE("join_clips: what it must leave") {
    Net net;
    const ValueId x = net.input({1, 40});
    SUBCASE("bounds the wrong way round") {
        const ValueId y = net.op("Relu", {clip(net, x, {1.f, -1.f})});
        CHECK(line_after(join_clips, std::move(net).build({y})) == "Clip Relu");
    }
    SUBCASE("the first Clip where others read it") {
        const ValueId first = clip(net, x, {-1.f, 1.f});
        const ValueId y = net.op("Relu", {first});
        CHECK(line_after(join_clips, std::move(net).build({y, first})) == "Clip Clip");
    }
}
