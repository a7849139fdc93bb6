// Covers head_type.
#include "graph/exits/head_builder.h"

#include "graph/interpreter.h"
#include "tests/graph/exits/plain_head.h"
#include "tests/graph/net.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

// One residual block of `channels` on side x side images of 3 channels, then a classifier.
struct Backbone {
    Graph graph;
    ExitTable exits;
};

Backbone make_backbone(std::int64_t channels, std::int64_t side, std::int64_t classes) {
    Net net;
    const ValueId x = net.conv(net.input({1, 3, side, side}), channels);
    const ValueId block = net.op("Add", {net.conv(x, channels), x}, {}, "block");
    const ValueId pooled = net.op("Flatten", {net.op("GlobalAveragePool", {block})});
    const ValueId logits = net.op("Gemm", {pooled, net.weights({channels, classes})}, {}, "logits");
    Backbone backbone{std::move(net).build({logits}), {}};
    backbone.exits = find_exits(backbone.graph);
    return backbone;
}

std::vector<HeadLayer> make_layers(const HeadType& type, std::int64_t channels, std::int64_t classes,
                                   float value = 0.5f) {
    std::vector<HeadLayer> layers;
    const auto widths = type.widths(channels, classes);
    for (std::size_t k = 0; k + 1 < widths.size(); ++k) {
        layers.push_back({Tensor(DataType::kFloat32, {widths[k + 1], widths[k]}),
                          Tensor(DataType::kFloat32, {widths[k + 1]})});
        for (std::int64_t i = 0; i < widths[k + 1] * widths[k]; ++i)
            layers[k].weight.mutable_data<float>()[i] = value * static_cast<float>(i % 7 - 3);
        for (std::int64_t i = 0; i < widths[k + 1]; ++i)
            layers[k].bias.mutable_data<float>()[i] = value * static_cast<float>(i);
    }
    return layers;
}

void attach(Backbone& backbone, int site, const std::string& name, float value = 0.5f) {
    const HeadType type = *parse_head_type(name);
    const auto classes = infer_types(backbone.graph)[static_cast<std::size_t>(backbone.graph.outputs[0])];
    attach_head(backbone.graph, backbone.exits, site, type,
                make_layers(type, backbone.exits.sites[0].channels, classes.shape.elements(), value));
}

}  // namespace

TEST_CASE("head types are read from their names") {
    const struct {
        const char* name;
        int grid, layers, hidden;
        bool norm = false, class_token = false;
    } rows[] = {{"linear", 1, 1, 0},
                {"norm-linear", 1, 1, 0, true},
                {"cls-mlp2x64", 1, 2, 64, false, true},
                {"norm-cls-linear", 1, 1, 0, true, true},
                {"norm-grid4-mlp2x128", 4, 2, 128, true},
                {"mlp1x1000", 1, 1, 1000},
                {"mlp3x500", 1, 3, 500},
                {"grid4-linear", 4, 1, 0},
                {"grid4-mlp2x128", 4, 2, 128},
                {"grid1-linear", 1, 1, 0},
                {"grid99-mlp9x99999", 99, 9, 99999}};
    for (const auto& row : rows) {
        CAPTURE(row.name);
        const auto type = parse_head_type(row.name);
        REQUIRE(type);
        CHECK(type->name == row.name);
        CHECK(type->grid == row.grid);
        CHECK(type->layers == row.layers);
        CHECK(type->hidden == row.hidden);
        CHECK(type->family.is_alone());
        CHECK(type->norm == row.norm);
        CHECK(type->class_token == row.class_token);
    }
    const auto stage = parse_head_type("stage-grid4-64"), shared = parse_head_type("shared-grid12-99999");
    REQUIRE(stage);
    REQUIRE(shared);
    CHECK(stage->widths(16, 10) == std::vector<std::int64_t>{256, 64, 10});
    CHECK(stage->family.scope == HeadFamily::Scope::kMap);
    CHECK((stage->family.one_matrix && !stage->family.sums));
    CHECK(shared->widths(1, 10) == std::vector<std::int64_t>{144, 99999, 10});
    CHECK(shared->family.scope == HeadFamily::Scope::kMember);
    CHECK((shared->family.sums && !shared->family.one_matrix));
    for (const char* name : {"",
                             "Linear",
                             "linear ",
                             "grid0-linear",
                             "grid100-linear",
                             "grid04-linear",
                             "grid4linear",
                             "grid4-",
                             "grid-linear",
                             "mlp0x5",
                             "mlp10x5",
                             "mlp2x0",
                             "mlp2x100000",
                             "mlp2x05",
                             "mlp2",
                             "mlp2x",
                             "mlp2x5x",
                             "mlpx5",
                             "grid4-grid4-linear",
                             "stage-",
                             "stage-64",
                             "stage-grid4",
                             "stage-grid4-",
                             "stage-grid4-0",
                             "stage-grid4-064",
                             "stage-grid4-100000",
                             "stage-grid4-64x",
                             "stage-grid0-64",
                             "stage-grid4-linear",
                             "stage-grid4-mlp2x64",
                             "shared-mlp2x64",
                             "shared-stage-grid4-64",
                             "grid4-64",
                             "norm-",
                             "cls-",
                             "normlinear",
                             "norm-norm-linear",
                             "cls-norm-linear",
                             "grid4-norm-linear",
                             "cls-grid4-linear",
                             "grid4-cls-linear",
                             "classifier"})
        CHECK_MESSAGE(!parse_head_type(name), name);
}

TEST_CASE("heads cost what the formula of the method says") {
    // D = 40 pooled inputs, K = 1000 classes (docs/method.md, "Exit heads").
    Backbone backbone = make_backbone(40, 4, 1000);
    attach(backbone, 0, "mlp1x1000");
    attach(backbone, 0, "mlp3x500");
    attach(backbone, 0, "grid2-linear");
    REQUIRE(backbone.exits.heads.size() == 3);
    CHECK(backbone.exits.heads[0].macs == 40'000);
    CHECK(backbone.exits.heads[1].macs == 770'000);
    CHECK(backbone.exits.heads[2].macs == 160'000);
}

TEST_CASE("a head computes pool, flatten and perceptron") {
    for (const char* name : {"linear", "mlp3x6", "grid2-linear", "grid3-mlp2x5"}) {
        CAPTURE(name);
        Backbone backbone = make_backbone(4, 6, 3);
        const HeadType type = *parse_head_type(name);
        const auto layers = make_layers(type, 4, 3, 0.1f);
        attach_head(backbone.graph, backbone.exits, 0, type, layers);
        backbone.graph.outputs.push_back(backbone.exits.sites[0].value);
        Tensor x(DataType::kFloat32, {1, 3, 6, 6});
        for (int i = 0; i < 108; ++i) x.mutable_data<float>()[i] = static_cast<float>(i % 11) / 11.f;
        const auto outputs = interpret(backbone.graph, {x});
        REQUIRE(outputs.size() == 3);

        const int cell = 6 / type.grid;
        std::vector<double> pooled;
        for (int c = 0; c < 4; ++c)
            for (int y = 0; y < 6; y += cell)
                for (int z = 0; z < 6; z += cell) {
                    double sum = 0;
                    for (int i = 0; i < cell * cell; ++i)
                        sum += outputs[2].data<float>()[(c * 6 + y + i / cell) * 6 + z + i % cell];
                    pooled.push_back(sum / (cell * cell));
                }
        const auto expected = plain_perceptron(pooled, layers);
        for (std::size_t k = 0; k < 3; ++k)
            CHECK(outputs[1].data<float>()[k] == doctest::Approx(expected[k]).epsilon(1e-5));
    }
}

TEST_CASE("a new head replaces the one of its site and type and keeps the others") {
    Backbone backbone = make_backbone(4, 6, 3);
    const std::size_t nodes = backbone.graph.nodes.size();
    attach(backbone, 0, "linear");
    attach(backbone, 0, "grid2-mlp2x5");
    attach(backbone, 0, "linear", 0.25f);
    CHECK(backbone.graph.nodes.size() == nodes + 3 + 5);
    REQUIRE(backbone.exits.heads.size() == 2);
    REQUIRE(backbone.graph.outputs.size() == 3);
    for (const ExitHead& head : backbone.exits.heads)
        CHECK(backbone.graph.value(backbone.graph.outputs[static_cast<std::size_t>(head.output)]).name ==
              "exit.0." + head.type);
    const auto weight = [&](const std::string& name) -> const float* {
        for (const Value& value : backbone.graph.values)
            if (value.name == name) return value.constant->data<float>();
        return nullptr;
    };
    REQUIRE(weight("exit.0.linear.fc0.weight") != nullptr);
    CHECK(weight("exit.0.linear.fc0.weight")[0] == -0.75f);
    REQUIRE(weight("exit.0.grid2-mlp2x5.fc1.bias") != nullptr);

    remove_head(backbone.graph, backbone.exits, 1);
    remove_head(backbone.graph, backbone.exits, 0);
    CHECK(backbone.graph.nodes.size() == nodes);
    CHECK(backbone.graph.value(backbone.exits.sites[0].value).name == "block");
}

TEST_CASE("heads that do not fit are refused") {
    Backbone backbone = make_backbone(4, 6, 3);
    CHECK_FALSE(head_fits(backbone.graph, backbone.exits.sites[0], *parse_head_type("grid7-linear")));
    CHECK_THROWS_WITH_AS(attach(backbone, 0, "grid7-linear"),
                         doctest::Contains("larger than the feature map, 1x4x6x6"), Error);
    CHECK_THROWS_WITH_AS(attach(backbone, 1, "linear"), doctest::Contains("1 sites"), Error);
    const HeadType type = *parse_head_type("linear");
    CHECK_THROWS_WITH_AS(attach_head(backbone.graph, backbone.exits, 0, type, make_layers(type, 5, 3)),
                         doctest::Contains("layer 0 is 3x5 and 3, expected float32 3x4 and 3"), Error);
}
