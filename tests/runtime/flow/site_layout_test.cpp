// Covers graph/exits/site_layout.
// Heads on sites of every layout, through the loop, against pools and perceptrons by plain loops on the site's
// own numbers as the interpreter has them.
#include "graph/interpreter.h"
#include "tests/graph/exits/plain_head.h"
#include "tests/graph/exits/side_nets.h"
#include "tests/runtime/flow/member_nets.h"
#include "tests/support/tensors.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace dyce;
using namespace dyce::test;

namespace {

struct LayoutCase {
    const char* name;
    SiteLayout layout;
    Ints shape;    // of the sites
    PlainMap map;  // of the patches
    std::vector<std::string> types;
    SiteTokens tokens = {};
};

// A map of 6 channels, 8 x 8; 16 and 12 tokens of 6 and 32 numbers, the latter also as 2 rows; 16 behind a class
// token; a vector of 6.
const LayoutCase kLayoutCases[] = {
    {"nchw",
     SiteLayout::kChannelsFirst,
     {1, 6, 8, 8},
     {6, 8, 8, 64, 8, 1},
     {"linear", "grid4-mlp2x7", "norm-linear"}},
    {"nhwc",
     SiteLayout::kChannelsLast,
     {1, 8, 8, 6},
     {6, 8, 8, 1, 48, 6},
     {"linear", "grid4-mlp2x7", "norm-mlp2x7"}},
    {"square tokens", SiteLayout::kTokens, {1, 16, 6}, {6, 4, 4, 1, 24, 6}, {"mlp2x7", "grid2-linear"}},
    {"other tokens", SiteLayout::kTokens, {1, 12, 32}, {32, 12, 1, 1, 32, 32}, {"linear", "mlp3x9"}},
    {"tokens in two rows",
     SiteLayout::kTokens,
     {1, 12, 32},
     {32, 2, 6, 1, 192, 32},
     {"linear", "grid2-linear"},
     {0, 2, 6}},
    {"tokens behind a class token",
     SiteLayout::kTokens,
     {1, 17, 6},
     {6, 4, 4, 1, 24, 6},
     {"linear", "grid2-mlp2x7", "cls-linear", "norm-grid2-linear", "norm-cls-mlp2x7"},
     {1, 0, 0}},
    {"vector", SiteLayout::kVector, {1, 6}, {6, 1, 1, 1, 1, 1}, {"linear", "mlp2x7"}},
};

// The first value of the site's layout.
ValueId begin_sites(Net& net, const LayoutCase& one) {
    const bool is_small = one.layout == SiteLayout::kTokens && one.shape[1] >= 16;
    const ValueId image = net.input({1, 3, 8, 8});
    const ValueId map = relu_of(net, net.conv(image, 6, 3, 1, true, is_small ? 2 : 1));
    const auto transposed = [&](ValueId x, Ints perm) { return net.op("Transpose", {x}, {{"perm", perm}}); };
    switch (one.layout) {
        case SiteLayout::kChannelsFirst: return map;
        case SiteLayout::kChannelsLast: return transposed(map, {0, 2, 3, 1});
        case SiteLayout::kVector: return mean_of(net, map);
        case SiteLayout::kTokens: break;
    }
    if (!is_small) return net.op("Reshape", {map}, {{"shape", Ints{0, 12, 32}}});
    const ValueId tokens = transposed(net.op("Reshape", {map}, {{"shape", Ints{0, 6, 16}}}), {0, 2, 1});
    if (one.tokens.prefix == 0) return tokens;
    const ValueId row = net.op("ExpandToBatch", {net.weights({1, 1, 6}), image});
    return net.op("Concat", {row, tokens}, {{"axis", std::int64_t{1}}});
}

ValueId layout_block(Net& net, ValueId x, SiteLayout layout, const std::string& name) {
    if (layout == SiteLayout::kChannelsFirst) return block_of(net, x, name);
    const ValueId inner = relu_of(net, net.matmul(x, net.shape(x)[-1]));
    return net.op("Add", {x, inner}, {}, name);
}

ValueId layout_classifier(Net& net, ValueId x, SiteLayout layout) {
    if (layout == SiteLayout::kChannelsFirst) return linear_of(net, mean_of(net, x), 5, "logits");
    if (layout != SiteLayout::kVector)
        x = net.op(
            "ReduceMean", {x},
            {{"axes", layout == SiteLayout::kTokens ? Ints{1} : Ints{1, 2}}, {"keepdims", std::int64_t{0}}});
    return linear_of(net, x, 5, "logits");
}

struct LayoutNet {
    ExitNet net;
    std::map<std::string, std::vector<HeadLayer>> layers;  // by type, of site 1
};

LayoutNet make_layout_net(const LayoutCase& one) {
    Net net(5);
    ValueId x = begin_sites(net, one);
    for (const char* name : {"s0", "s1"}) x = layout_block(net, x, one.layout, name);
    x = layout_block(net, x, one.layout, "last");
    const ValueId logits = layout_classifier(net, x, one.layout);
    LayoutNet made;
    made.net = side_net(std::move(net), {logits}, {"s0", "s1"}, {});
    for (Site& site : made.net.exits.sites) {
        set_layout(made.net.graph, site, one.layout);
        if (one.layout == SiteLayout::kTokens) set_tokens(made.net.graph, site, one.tokens);
    }
    std::mt19937 random(6);
    for (const std::string& name : one.types)
        for (const int site : {0, 1}) {
            const HeadType type = *parse_head_type(name);
            const auto layers = random_layers(type, one.map.channels, 5, random);
            attach_head(made.net.graph, made.net.exits, site, type, layers);
            made.layers[name] = layers;
        }
    return made;
}

// What the first layer of a head reads, of the site's numbers.
std::vector<double> plain_features(const float* site, const LayoutCase& one, const std::string& type) {
    const std::size_t grid = type.find("grid");
    std::vector<double> features(site, site + one.map.channels);
    if (type.find("cls-") == std::string::npos)
        features = plain_pool(site + one.tokens.prefix * one.map.channels, one.map,
                              grid == std::string::npos ? 1 : type[grid + 4] - '0');
    return type.starts_with("norm-") ? plain_norm(features) : features;
}

// The numbers of site 1.
Tensor site_numbers(const ExitNet& net, const std::vector<float>& image) {
    Graph graph = net.graph;
    graph.outputs = {net.exits.sites[1].value};
    return interpret(graph, {as_tensor(image)})[0];
}

}  // namespace

TEST_CASE("site layouts: a head pools the positions of its site, whatever their order in memory") {
    const Images images = noise(16);
    for (const LayoutCase& one : kLayoutCases)
        for (const bool reference : {true, false}) {
            CAPTURE(one.name);
            CAPTURE(reference);
            const LayoutNet made = make_layout_net(one);
            REQUIRE(made.net.exits.sites[1].channels == one.map.channels);
            Runner alone(made.net, 1, reference), batch(made.net, 16, reference);
            for (const std::string& name : one.types) {
                CAPTURE(name);
                Configuration configuration;
                configuration.exits = {{1, name, -1}};
                const std::vector<Left> answers = alone.run(configuration, images);
                for (std::size_t i = 0; i < images.size(); ++i) {
                    const Tensor site = site_numbers(made.net, images[i]);
                    REQUIRE(Ints(site.shape().begin(), site.shape().end()) == one.shape);
                    const auto expected =
                        plain_perceptron(plain_features(site.data<float>(), one, name), made.layers.at(name));
                    CHECK(answers[i].position == 1);
                    for (std::size_t k = 0; k < 5; ++k)
                        CHECK(static_cast<double>(answers[i].logits[k]) ==
                              doctest::Approx(expected[k]).epsilon(1e-4));
                }
                for (int count = 1; count <= 16; ++count)
                    CHECK(batch.run(configuration, Images(images.begin(), images.begin() + count)) ==
                          std::vector<Left>(answers.begin(), answers.begin() + count));
            }
        }
}

TEST_CASE("site layouts: rows exit at sites of every layout, and answer as alone") {
    const Images images = noise(16);
    for (const LayoutCase& one : kLayoutCases) {
        CAPTURE(one.name);
        const LayoutNet made = make_layout_net(one);
        Runner alone(made.net, 1), batch(made.net, 16);
        const Members members = MemberNets({made.net}).compile({.max_batch = 16, .threads = 2});
        ExitLoop relay(relayed(local_stage_runners(members), local_stage_runners(members)), batch.positions,
                       16);
        for (const double threshold : {0.35, 0.45, 0.6, 0.8}) {
            Configuration configuration;
            configuration.exits = {{0, one.types[0], threshold}, {1, one.types[1], threshold}};
            const auto expected = alone.run(configuration, images);
            CHECK(batch.run(configuration, images) == expected);
            const auto plan =
                std::make_shared<const ExitPlan>(make_exit_plan(configuration, batch.positions));
            CHECK(answers(relay, std::vector(images.size(), plan), images, 16) == expected);
        }
    }
}

TEST_CASE("site layouts: what has no grid, or is too small for it, is refused by name") {
    const struct {
        std::size_t row;
        const char* type;
        const char* piece;
    } rows[] = {
        {1, "grid9-linear", "exit.1.grid9-linear: the grid is larger than the feature map, 1x8x8x6"},
        {2, "grid5-linear", "the grid is larger than the feature map, 1x16x6"},
        {3, "grid2-linear", "12 tokens do not fill a square, so that they have no grid"},
        {3, "cls-linear", "no class token stands before others there, 1x12x32"},
        {4, "grid3-linear", "the grid is larger than the feature map, 1x12x32"},
        {5, "grid5-linear", "the grid is larger than the feature map, 1x17x6"},
        {6, "grid2-linear", "a grid was asked for, but a vector has one position, 1x6"},
    };
    for (const auto& row : rows) {
        LayoutNet made = make_layout_net(kLayoutCases[row.row]);
        const HeadType type = *parse_head_type(row.type);
        CHECK_FALSE(head_fits(made.net.graph, made.net.exits.sites[1], type));
        CHECK_THROWS_WITH_AS(attach_head(made.net.graph, made.net.exits, 1, type, {}),
                             doctest::Contains(row.piece), Error);
    }
    LayoutNet tokens = make_layout_net(kLayoutCases[2]);
    CHECK_THROWS_WITH_AS(set_layout(tokens.net.graph, tokens.net.exits.sites[0], SiteLayout::kChannelsLast),
                         doctest::Contains("site s0: is 1x16x6, which cannot be laid out as nhwc"), Error);
    CHECK_THROWS_WITH_AS(find_sites(tokens.net.graph, {"s"}),
                         doctest::Contains("not a value of rank 4, 3 or 2"), Error);
}

TEST_CASE("site layouts: only tokens have a prefix or a grid, and it has to fit") {
    LayoutNet tokens = make_layout_net(kLayoutCases[3]), map = make_layout_net(kLayoutCases[0]);
    const struct {
        LayoutNet& made;
        SiteTokens tokens;
        const char* piece;
    } rows[] = {
        {map, {1, 0, 0}, "site s0: is 1x6x8x8, which are no tokens"},
        {tokens, {12, 0, 0}, "is 1x12x32, 12 tokens before the patches given, expected 0 to 11"},
        {tokens, {0, 5, 2}, "a grid of 5x2 given for 12 patches"},
        {tokens, {1, 3, 4}, "a grid of 3x4 given for 11 patches"},
        {tokens, {0, 12, 0}, "a grid of 12x0 given for 12 patches"},
    };
    for (const auto& row : rows)
        CHECK_THROWS_WITH_AS(set_tokens(row.made.net.graph, row.made.net.exits.sites[0], row.tokens),
                             doctest::Contains(row.piece), Error);
}

TEST_CASE("site layouts: the order of patches is nothing to a mean, and something to a grid") {
    Net net(3);
    const ValueId x = net.input({1, 17, 6});
    const ValueId site = net.op("Add", {x, net.matmul(x, 6)}, {}, "s0");
    const ValueId logits =
        net.gemm(net.op("ReduceMean", {site}, {{"axes", Ints{1}}, {"keepdims", std::int64_t{0}}}), 5);
    ExitNet made = side_net(std::move(net), {logits}, {"s0"}, {});
    set_tokens(made.graph, made.exits.sites[0], {1, 0, 0});
    std::mt19937 random(8);
    const char* const types[] = {"linear", "cls-linear", "norm-linear", "grid4-linear"};
    for (const char* type : types)
        attach_head(made.graph, made.exits, 0, *parse_head_type(type),
                    random_layers(*parse_head_type(type), 6, 5, random));

    const Tensor tokens = random_tensor({1, 17, 6}, random, -1, 1);
    Tensor turned = tokens;
    std::copy(tokens.data<float>(), tokens.data<float>() + 17 * 6, turned.mutable_data<float>());
    std::reverse(turned.mutable_data<float>() + 6, turned.mutable_data<float>() + 17 * 6);
    for (float* token = turned.mutable_data<float>() + 6; token < turned.data<float>() + 17 * 6; token += 6)
        std::reverse(token, token + 6);  // only the patches changed places
    const auto before = interpret(made.graph, {tokens}), after = interpret(made.graph, {turned});
    for (std::size_t head = 0; head < 4; ++head) {
        CAPTURE(types[head]);
        double difference = 0;
        for (int k = 0; k < 5; ++k)
            difference += std::abs(static_cast<double>(before[head + 1].data<float>()[k]) -
                                   static_cast<double>(after[head + 1].data<float>()[k]));
        if (head < 3)
            CHECK(difference < 1e-5);
        else
            CHECK(difference > 0.1);
    }
}
