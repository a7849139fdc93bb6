#include "search/train/feature_layout.h"

#include "graph/exits/import_sites.h"
#include "graph/interpreter.h"
#include "runtime/core/bfloat16.h"
#include "tests/graph/exits/token_nets.h"
#include "tests/runtime/flow/exit_net.h"
#include "tests/support/tensors.h"

#include <doctest/doctest.h>

using namespace dyce;

namespace {

std::vector<HeadPlan> plans(int site, const std::vector<std::string>& types) {
    std::vector<HeadPlan> result;
    for (const std::string& type : types) result.push_back({site, *parse_head_type(type)});
    return result;
}

}  // namespace

TEST_CASE("coarse grids are read from fine ones where that is exact") {
    const auto net = test::make_exit_net(2);  // feature maps 8x8x8
    const struct {
        std::vector<std::string> types;
        const char* text;          ///< "classes site:grid .."
        std::vector<int> patches;  ///< by type
    } rows[] = {
        {{"linear"}, "5 1:1", {1}},
        {{"linear", "grid4-linear", "grid2-mlp2x8"}, "5 1:4", {4, 1, 2}},
        {{"grid3-linear", "linear"}, "5 1:3 1:1", {1, 1}},  // cells of 8 / 3 overlap
        {{"grid3-linear", "grid4-linear", "linear"}, "5 1:4 1:3", {1, 1, 4}},
        {{"grid6-linear", "grid3-linear"}, "5 1:6 1:3", {1, 1}},
    };
    for (const auto& row : rows) {
        const auto heads = plans(1, row.types);
        const FeatureLayout layout = plan_features(net.graph, net.exits, heads);
        CHECK(layout.text() == row.text);
        for (std::size_t i = 0; i < heads.size(); ++i) {
            const FeatureSource source = find_source(layout, net.graph, net.exits, heads[i]);
            CHECK(source.patch == row.patches[i]);
            CHECK(source.grid() == heads[i].type.grid);
        }
        const Graph graph = make_feature_network(net.graph, net.exits, layout).graph;
        CHECK(graph.outputs.size() == 1 + layout.blocks.size());
    }
}

TEST_CASE("a class token has a block of its own, and a norm needs none") {
    ExitTable exits;
    const Graph graph = test::make_vit(2);  // 16 patches of 8 numbers behind a class token
    exits.sites = find_import_sites(graph);
    const auto heads = plans(
        0, {"cls-linear", "norm-grid2-linear", "norm-cls-mlp2x4", "linear", "norm-linear", "grid4-linear"});
    const FeatureLayout layout = plan_features(graph, exits, heads);
    CHECK(layout.text() == "5 0:4 0:cls");
    const int patches[] = {1, 2, 1, 4, 4, 1};
    for (std::size_t i = 0; i < heads.size(); ++i) {
        const FeatureSource source = find_source(layout, graph, exits, heads[i]);
        CHECK(source.block.class_token == heads[i].type.class_token);
        CHECK(source.patch == patches[i]);
        CHECK(source.size() == heads[i].type.widths(8, 5).front());
    }
    Graph whole = graph;
    whole.outputs = {exits.sites[0].value};
    std::mt19937 random(4);
    const Tensor image = test::random_tensor({1, 3, 16, 16}, random, -2, 2);
    const Tensor site = interpret(whole, {image})[0];
    const auto features = interpret(make_feature_network(graph, exits, layout).graph, {image});
    REQUIRE(features.size() == 3);
    for (int c = 0; c < 8; ++c) {
        CHECK(features[2].data<float>()[c] == site.data<float>()[c]);
        for (int t = 0; t < 16; ++t)  // a grid of 4 x 4 is the patches themselves
            CHECK(features[1].data<float>()[c * 16 + t] == site.data<float>()[(t + 1) * 8 + c]);
    }
}

TEST_CASE("bfloat16 rounds to the nearest, ties to even") {
    const struct {
        float value;
        std::uint16_t bits;
    } rows[] = {{0.f, 0},
                {1.f, 0x3f80},
                {-2.f, 0xc000},
                {1.00390625f, 0x3f80},  // half way between 1 and 1.0078125
                {1.01171875f, 0x3f82},  // half way between 1.0078125 and 1.015625
                {1.00390637f, 0x3f81}};
    for (const auto& row : rows) CHECK(to_bfloat16(row.value) == row.bits);
    CHECK(from_bfloat16(0x3f81) == 1.0078125f);
}
