// Covers alexnet, attention, basic_conv, cifar_resnet, cifar_resnet9, convnextv2, densenet, efficientnet, googlenet,
// inception_v3, inverted_residual, layers, mnasnet, mobilenet_v2, mobilenet_v3, regnet, resnet, shufflenet_v2,
// squeezenet, swin, vgg, vision_transformer.
// Parameters and multiply-adds against what is published: torchvision's documentation (its exact parameter
// counts), timm's results table (ConvNeXt V2), and for CIFAR He et al., 2015, table 6 (parameters) and
// He et al., "Filter Pruning via Geometric Median", 2019 (multiply-adds; ResNet-44's and
// all of ResNet-14x2's, -9's and -11's worked out by hand). Where multiply-adds are exact to the last digit, the
// sizes of what torchvision's layers read and write were multiplied in PyTorch; the documentation rounds them.
#include "models/backbones.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>

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
    bool counts_norms = false;  ///< see count_as_published()
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
    {"convnextv2_atto", hundredths(0.55, kGiga), hundredths(3.71, kMega), 1000, true},
    {"convnextv2_femto", hundredths(0.79, kGiga), hundredths(5.23, kMega), 1000, true},
    {"convnextv2_pico", hundredths(1.37, kGiga), hundredths(9.07, kMega), 1000, true},
    {"convnextv2_nano", hundredths(2.46, kGiga), hundredths(15.62, kMega), 1000, true},
    {"convnextv2_tiny", hundredths(4.47, kGiga), hundredths(28.64, kMega), 1000, true},
    {"convnextv2_base", hundredths(15.38, kGiga), hundredths(88.72, kMega), 1000, true},
    {"mobilenet_v2", hundredths(0.30, kGiga), exactly(3'504'872)},
    {"mobilenet_v3_small", hundredths(0.06, kGiga), exactly(2'542'856)},
    {"mobilenet_v3_large", hundredths(0.22, kGiga), exactly(5'483'032)},
    {"efficientnet_b0", hundredths(0.39, kGiga), exactly(5'288'548)},
    {"squeezenet1_1", hundredths(0.35, kGiga), exactly(1'235'496)},
    {"resnext50_32x4d", exactly(4'230'479'872), exactly(25'028'904)},
    {"wide_resnet50_2", exactly(11'398'021'120), exactly(68'883'240)},
    {"efficientnet_b1", exactly(686'802'832), exactly(7'794'184)},
    {"efficientnet_b2", exactly(1'087'529'456), exactly(9'109'994)},
    {"efficientnet_b3", exactly(1'827'141'392), exactly(12'233'232)},
    {"alexnet", exactly(714'188'480), exactly(61'100'840)},
    {"vgg11", exactly(7'609'090'048), exactly(132'863'336)},
    {"vgg11_bn", exactly(7'609'090'048), exactly(132'868'840)},
    {"vgg16", exactly(15'470'264'320), exactly(138'357'544)},
    {"vgg16_bn", exactly(15'470'264'320), exactly(138'365'992)},
    {"googlenet", exactly(1'498'376'192), exactly(6'624'904)},
    {"inception_v3", exactly(5'713'216'096), exactly(23'834'568)},
    {"densenet121", exactly(2'834'161'664), exactly(7'978'856)},
    {"densenet169", exactly(3'359'843'328), exactly(14'149'480)},
    {"shufflenet_v2_x1_0", exactly(144'907'992), exactly(2'278'604)},
    {"mnasnet1_0", exactly(314'415'872), exactly(4'383'312)},
    {"regnet_y_400mf", exactly(401'842'848), exactly(4'344'144)},
    {"deit_tiny", exactly(1'253'683'200), exactly(5'717'416)},
    {"deit_small", exactly(4'598'882'304), exactly(22'050'664)},
    {"vit_b_16", exactly(17'563'828'224), exactly(86'567'656)},
    {"swin_t", exactly(4'490'566'656), exactly(28'288'354)},
};

/// Only shapes are counted: one byte that nobody reads stands for the values of all parameters.
Tensor without_values(const std::string&, const Shape& shape) {
    static const auto byte = std::make_shared<const char>();
    return {DataType::kFloat32, shape, byte.get(), byte};
}

/// timm's figures are those of fvcore, which counts five operations for each element that a layer norm reads
/// as if they were multiply-adds. Ours and torchvision's do not.
std::int64_t count_as_published(const Graph& graph, const Published& row) {
    if (!row.counts_norms) return count_macs(graph);
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
        const Graph graph = build_backbone(backbone, without_values, row->classes, backbone.input());
        const std::int64_t macs = count_as_published(graph, *row);
        const std::int64_t parameters = count_parameters(graph);
        CAPTURE(macs);
        CAPTURE(parameters);
        CHECK(row->macs.rounds(macs));
        CHECK(row->parameters.rounds(parameters));
    }
}
