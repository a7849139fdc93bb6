// Covers cifar_resnet, cifar_resnet9, convnextv2, efficientnet, inverted_residual, layers, mobilenet_v2,
// mobilenet_v3, resnet, squeezenet.
// Parameters and multiply-adds against what is published: torchvision's documentation (its exact parameter
// counts), timm's results table (ConvNeXt V2), and for CIFAR He et al., 2015, table 6 (parameters) and
// He et al., "Filter Pruning via Geometric Median", 2019 (multiply-adds; ResNet-44's and
// all of ResNet-14x2's, -9's and -11's worked out by hand).
#include "models/backbones.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

using namespace dyce;

namespace {

/// A figure as it is printed: the value and the worth of its last digit.
struct Figure {
    double value;
    double step;

    bool rounds(std::int64_t exact) const {
        return std::abs(static_cast<double>(exact) - value) <= 0.5 * step;
    }
};

Figure exactly(double value) { return {value, 0}; }
Figure hundredths(double value, double unit) { return {value * unit, 0.01 * unit}; }

constexpr double kMega = 1e6;
constexpr double kGiga = 1e9;

struct Published {
    const char* name;
    Figure macs;
    Figure parameters;
    int classes = 1000;
};

const Published kPublished[] = {
    {"resnet18", hundredths(1.81, kGiga), exactly(11'689'512)},
    {"resnet34", hundredths(3.66, kGiga), exactly(21'797'672)},
    {"resnet50", hundredths(4.09, kGiga), exactly(25'557'032)},
    {"resnet101", hundredths(7.80, kGiga), exactly(44'549'160)},
    {"resnet152", hundredths(11.51, kGiga), exactly(60'192'808)},
    {"cifar_resnet14", exactly(26'395'264), exactly(172'506), 10},  // counted by hand
    {"cifar_resnet20", {40.6e6, 0.1e6}, hundredths(0.27, kMega), 10},
    {"cifar_resnet32", {68.9e6, 0.1e6}, hundredths(0.46, kMega), 10},
    {"cifar_resnet44", {97.2e6, 0.1e6}, hundredths(0.66, kMega), 10},
    {"cifar_resnet14x2", exactly(104'695'040), exactly(685'994), 10},
    {"cifar_resnet9", exactly(379'261'952), exactly(6'573'130), 10},
    {"cifar_resnet11", exactly(114'133'504), exactly(1'941'546), 10},
    {"cifar_resnet56", {125e6, 1e6}, hundredths(0.85, kMega), 10},
    {"cifar_resnet110", {253e6, 1e6}, {1.7e6, 0.1e6}, 10},
    {"convnextv2_atto", hundredths(0.55, kGiga), hundredths(3.71, kMega)},
    {"convnextv2_femto", hundredths(0.79, kGiga), hundredths(5.23, kMega)},
    {"convnextv2_pico", hundredths(1.37, kGiga), hundredths(9.07, kMega)},
    {"convnextv2_nano", hundredths(2.46, kGiga), hundredths(15.62, kMega)},
    {"convnextv2_tiny", hundredths(4.47, kGiga), hundredths(28.64, kMega)},
    {"convnextv2_base", hundredths(15.38, kGiga), hundredths(88.72, kMega)},
    {"mobilenet_v2", hundredths(0.30, kGiga), exactly(3'504'872)},
    {"mobilenet_v3_small", hundredths(0.06, kGiga), exactly(2'542'856)},
    {"mobilenet_v3_large", hundredths(0.22, kGiga), exactly(5'483'032)},
    {"efficientnet_b0", hundredths(0.39, kGiga), exactly(5'288'548)},
    {"squeezenet1_1", hundredths(0.35, kGiga), exactly(1'235'496)},
};

Tensor zeros(const std::string&, const Shape& shape) { return {DataType::kFloat32, shape}; }

/// timm's figures are those of fvcore, which counts five operations for each element that a layer norm reads
/// as if they were multiply-adds. Ours do not; no other published figure is of a network with layer norms.
std::int64_t count_as_published(const Graph& graph) {
    const auto types = infer_types(graph);
    std::int64_t normalised = 0;
    for (const Node& node : graph.nodes)
        if (node.spec->name == "LayerNormalization")
            normalised += types[static_cast<std::size_t>(node.inputs[0])].shape.elements();
    return count_macs(graph) + 5 * normalised;
}

}  // namespace

TEST_CASE("parameters and multiply-adds of each backbone are the published ones") {
    for (const Backbone& backbone : backbones()) {
        CAPTURE(backbone.name);
        const auto* row = std::find_if(std::begin(kPublished), std::end(kPublished),
                                       [&](const Published& one) { return one.name == backbone.name; });
        REQUIRE(row != std::end(kPublished));
        const Graph graph = build_backbone(backbone, zeros, row->classes, backbone.input());
        const std::int64_t macs = count_as_published(graph);
        const std::int64_t parameters = count_parameters(graph);
        CAPTURE(macs);
        CAPTURE(parameters);
        CHECK(row->macs.rounds(macs));
        CHECK(row->parameters.rounds(parameters));
    }
}
