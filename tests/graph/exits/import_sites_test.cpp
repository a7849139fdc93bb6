// Covers backbone_values, block_kind, channel_axis, stage_ends, token_facts.
// Sites of networks of every kind against those counted by hand: a block of each, as its paper draws it.
#include "graph/exits/import_sites.h"

#include "models/backbones.h"
#include "tests/graph/exits/side_nets.h"
#include "tests/graph/exits/token_nets.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <memory>

using namespace dyce;
using namespace dyce::test;

namespace {

using SiteNames = std::vector<std::string>;

SiteNames names_of_sites(const std::vector<Site>& sites) {
    SiteNames result;
    for (const Site& site : sites) result.push_back(site.name);
    return result;
}

SiteNames import_names(const Graph& graph) { return names_of_sites(find_import_sites(graph)); }

Tensor no_values(const std::string&, const Shape& shape) {
    constexpr std::int64_t kMost = std::int64_t{1} << 27;  // of VGG's first linear layer; nobody touches them
    static const auto block = std::make_shared_for_overwrite<float[]>(kMost);
    REQUIRE(shape.elements() <= kMost);
    return {DataType::kFloat32, shape, block.get(), block};
}

// N x H x W x C -> what `of_tokens` makes of N x HW x C -> N x H x W x C.
ValueId on_tokens(Net& net, ValueId map, const std::function<ValueId(ValueId)>& of_tokens) {
    const Shape shape = net.shape(map);
    const ValueId tokens = of_tokens(reshaped_of(net, map, {0, shape[1] * shape[2], shape[3]}));
    return reshaped_of(net, tokens, {0, shape[1], shape[2], shape[3]});
}

ValueId swin_block(Net& net, ValueId x, const std::string& name) {
    const ValueId inner =
        on_tokens(net, norm_of(net, x), [&](ValueId tokens) { return attended(net, tokens); });
    x = sum_of(net, x, inner, name + ".attention");
    return sum_of(net, x, perceived(net, norm_of(net, x)), name);
}

// Every second row and column of each kind behind one another.
ValueId merged(Net& net, ValueId x) {
    const Shape shape = net.shape(x);
    std::vector<ValueId> parts;
    for (const std::int64_t row : {0, 1})
        for (const std::int64_t column : {0, 1})
            parts.push_back(net.op("Slice", {x},
                                   {{"axes", Ints{1, 2}},
                                    {"ends", Ints{shape[1], shape[2]}},
                                    {"starts", Ints{row, column}},
                                    {"steps", Ints{2, 2}}}));
    const ValueId joined = net.op("Concat", parts, {{"axis", std::int64_t{3}}}, "merged");
    return net.matmul(norm_of(net, joined), 2 * shape[3]);
}

ValueId with_position_encoding(Net& net, ValueId tokens, const std::string& name) {
    ValueId map = reshaped_of(net, transposed_of(net, tokens, {0, 2, 1}), {0, 8, 4, 4});
    map = sum_of(net, map, net.conv(map, 8, 3, 8), name);
    return transposed_of(net, reshaped_of(net, map, {0, 8, 16}), {0, 2, 1});
}

// The old rule took the rows of Swin's maps for channels.
bool has_attention(const Graph& graph) {
    return std::any_of(graph.nodes.begin(), graph.nodes.end(),
                       [](const Node& node) { return node.spec->name == "Softmax"; });
}

}  // namespace

TEST_CASE("import sites: convolutional networks keep the sites they had") {
    for (const Backbone& backbone : backbones()) {
        if (!backbone.blocks.empty()) continue;
        CAPTURE(backbone.name);
        const Graph graph = build_backbone(backbone, no_values, 10, backbone.input());
        const auto old_sites = find_sites(graph), sites = find_import_sites(graph);
        if (old_sites.empty() || has_attention(graph)) continue;
        CHECK(names_of_sites(sites) == names_of_sites(old_sites));
        for (const Site& site : sites) CHECK(site.layout == SiteLayout::kChannelsFirst);
    }
}

TEST_CASE("import sites: a transformer's blocks end behind the perceptron") {
    const Graph vit = make_vit(3);
    const auto sites = find_import_sites(vit);
    REQUIRE(names_of_sites(sites) == SiteNames{"b0", "b1", "norm"});
    for (const Site& site : sites) {
        CHECK(site.layout == SiteLayout::kTokens);
        CHECK(site.channels == 8);
        CHECK(site.tokens == SiteTokens{1, 0, 0});
    }
    // Patches 16 * 8 * 48; of 17 tokens 4 products of 8 x 8, two of 17 x 8 x 17, two of 8 x 16.
    CHECK(sites[0].macs == 16 * 8 * 48 + 17 * 4 * 64 + 2 * 17 * 17 * 8 + 17 * 2 * 128);
    CHECK(find_sites(vit).empty());  // files without the key mean this
}

TEST_CASE("import sites: where the norm stands behind the sum it ends the block") {
    Net net;
    const ValueId image = net.input({1, 3, 16, 16});
    ValueId x = sum_of(net, join_prefix(net, image, patches_of(net, image), 1), net.weights({1, 17, 8}));
    for (const char* name : {"b0", "b1"}) x = post_norm_block(net, x, name);
    CHECK(import_names(std::move(net).build({token_classifier(net, x, true)})) == SiteNames{"b0", "b1"});
}

TEST_CASE("import sites: maps whose channels lie last") {
    Net net;
    ValueId x = norm_of(net, transposed_of(net, net.conv(net.input({1, 3, 8, 8}), 6), {0, 2, 3, 1}));
    for (const char* name : {"b0", "b1"}) x = swin_block(net, x, name);
    x = swin_block(net, merged(net, x), "b2");
    const ValueId map = transposed_of(net, norm_of(net, x, "norm"), {0, 3, 1, 2});
    const auto sites = find_import_sites(std::move(net).build({linear_of(net, mean_of(net, map), 5)}));
    REQUIRE(names_of_sites(sites) == SiteNames{"b0", "b1", "norm"});
    CHECK(sites[0].channels == 6);
    CHECK(sites[2].channels == 12);
    for (const Site& site : sites) CHECK(site.layout == SiteLayout::kChannelsLast);
}

TEST_CASE("import sites: blocks with position encodings and two kinds of attention (DaViT)") {
    Net net;
    ValueId x = patches_of(net, net.input({1, 3, 16, 16}));
    for (const char* name : {"spatial", "channel"}) {
        const std::string block = name;
        x = with_position_encoding(net, x, block + ".cpe1");
        x = sum_of(net, x, attended(net, norm_of(net, x)), block + ".attention");
        x = with_position_encoding(net, x, block + ".cpe2");
        x = sum_of(net, x, perceived(net, norm_of(net, x)), block);
    }
    const ValueId logits = token_classifier(net, norm_of(net, x, "norm"), false);
    CHECK(import_names(std::move(net).build({logits})) == SiteNames{"spatial", "norm"});
}

TEST_CASE("import sites: a perceptron with a convolution in it ends a block too (PVT)") {
    Net net;
    ValueId x = patches_of(net, net.input({1, 3, 16, 16}));
    for (const char* name : {"b0", "b1"}) {
        x = sum_of(net, x, attended(net, norm_of(net, x)), std::string(name) + ".attention");
        ValueId inner =
            reshaped_of(net, transposed_of(net, net.matmul(norm_of(net, x), 8), {0, 2, 1}), {0, 8, 4, 4});
        inner = reshaped_of(net, net.conv(inner, 8, 3, 8), {0, 8, 16});
        x = sum_of(net, x, net.matmul(transposed_of(net, inner, {0, 2, 1}), 8), name);
    }
    const ValueId logits = token_classifier(net, norm_of(net, x, "norm"), false);
    CHECK(import_names(std::move(net).build({logits})) == SiteNames{"b0", "norm"});
}

TEST_CASE("import sites: tokens mixed by a perceptron across them (MLP-Mixer)") {
    Net net;
    ValueId x = patches_of(net, net.input({1, 3, 16, 16}));
    for (const char* name : {"b0", "b1"}) {
        const ValueId turned = transposed_of(net, norm_of(net, x), {0, 2, 1});
        x = sum_of(net, x, transposed_of(net, perceived(net, turned), {0, 2, 1}),
                   std::string(name) + ".mixer");
        x = sum_of(net, x, perceived(net, norm_of(net, x)), name);
    }
    const ValueId logits = token_classifier(net, norm_of(net, x, "norm"), false);
    CHECK(import_names(std::move(net).build({logits})) == SiteNames{"b0", "norm"});
}

TEST_CASE("import sites: plain chains have them at pools and before maps shrink") {
    const auto pool = [](Net& net, ValueId x, const std::string& name) {
        return net.op("MaxPool", {x}, {{"kernel_shape", Ints{2, 2}}, {"strides", Ints{2, 2}}}, name);
    };
    SUBCASE("pools (VGG, AlexNet, LeNet)") {
        Net net;
        ValueId x = relu_of(net, net.conv(net.input({1, 3, 16, 16}), 4, 3));
        x = relu_of(net, net.conv(pool(net, x, "pool0"), 4, 3));
        x = pool(net, relu_of(net, net.conv(x, 4, 3)), "pool1");
        const ValueId flat = relu_of(net, linear_of(net, net.op("Flatten", {x}), 8));
        const Graph graph = std::move(net).build({linear_of(net, flat, 5)});
        CHECK(import_names(graph) == SiteNames{"pool0", "pool1"});
        CHECK(find_import_sites(graph)[0].macs == 4 * 3 * 9 * 256);
    }
    SUBCASE("strides (MobileNet), and a global average") {
        Net net;
        ValueId x = pool(net, net.input({1, 3, 16, 16}), "of no cost");
        x = relu_of(net, net.conv(x, 4, 3), "before0");
        x = relu_of(net, net.conv(x, 4, 3, 4, true, 2));
        x = relu_of(net, net.conv(x, 8, 1), "before1");
        x = relu_of(net, net.conv(x, 8, 3, 1, true, 2));
        x = relu_of(net, net.conv(x, 8, 1), "last");
        CHECK(import_names(std::move(net).build({linear_of(net, mean_of(net, x), 5)})) ==
              SiteNames{"before0", "before1", "last"});
    }
    SUBCASE("vectors only") {
        Net net;
        const ValueId x = relu_of(net, linear_of(net, net.op("Flatten", {net.input({1, 3, 4, 4})}), 8));
        CHECK(import_names(std::move(net).build({linear_of(net, x, 5)})).empty());
    }
}

TEST_CASE("import sites: which tokens are patches, and how they stand") {
    const auto tokens_of = [](const Graph& graph) { return find_import_sites(graph).front().tokens; };
    CHECK(tokens_of(make_vit(1, 0)) == SiteTokens{});
    CHECK(tokens_of(make_vit(1, 3)) == SiteTokens{3, 0, 0});
    CHECK(tokens_of(make_vit(1, 2, true)) == SiteTokens{2, 4, 2});  // 4 rows of 2 patches

    // Registers between class token and patches, as DINOv2 has them.
    Net net;
    const ValueId image = net.input({1, 3, 16, 16});
    const ValueId x =
        sum_of(net, join_prefix(net, image, patches_of(net, image), 1), net.weights({1, 17, 8}));
    const auto slice = [&](std::int64_t start, std::int64_t end) {
        return net.op("Slice", {x}, {{"axes", Ints{1}}, {"ends", Ints{end}}, {"starts", Ints{start}}});
    };
    const ValueId registers = net.op("ExpandToBatch", {net.weights({1, 4, 8}), image});
    ValueId y = net.op("Concat", {slice(0, 1), registers, slice(1, 17)}, {{"axis", std::int64_t{1}}});
    y = pre_norm_block(net, y, "b0");
    CHECK(tokens_of(std::move(net).build({token_classifier(net, y, true)})) == SiteTokens{5, 0, 0});
}

TEST_CASE("import sites: named values get the layout and the tokens that the graph tells") {
    const auto named = find_import_sites(make_vit(2), {"b0.attention", "b1"});
    REQUIRE(names_of_sites(named) == SiteNames{"b0.attention", "b1"});
    CHECK(named[0].tokens.prefix == 1);
    bool has_positions = false;
    for (const Site& site : possible_import_sites(make_vit(1))) has_positions |= site.name == "positions";
    CHECK(has_positions);
}

TEST_CASE("import sites: of more than 256 every second one is left out") {
    Net net;
    ValueId x = net.conv(net.input({1, 2, 2, 2}), 2);
    for (int b = 0; b < 300; ++b) x = sum_of(net, net.conv(x, 2), x, "b" + std::to_string(b));
    const auto sites = find_import_sites(std::move(net).build({linear_of(net, mean_of(net, x), 5)}));
    REQUIRE(sites.size() == 150);
    CHECK(sites.front().name == "b1");
    CHECK(sites.back().name == "b299");
}
