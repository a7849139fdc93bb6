#include "graph/exits/exits.h"
#include "graph/passes/passes.h"
#include "models/backbones.h"

#include <doctest/doctest.h>

using namespace dyce;

namespace {

Tensor zeros(const std::string&, const Shape& shape) { return {DataType::kFloat32, shape}; }

std::vector<std::string> site_names(std::string_view architecture) {
    const Backbone& backbone = find_backbone(architecture);
    Graph graph = build_backbone(backbone, zeros, 10, backbone.input());
    simplify(graph);
    std::vector<std::string> names;
    for (const Site& site : find_exits(graph, backbone.site_names()).sites) names.push_back(site.name);
    return names;
}

}  // namespace

TEST_CASE("exit sites are the blocks of each stage") {
    const std::pair<const char*, std::size_t> kCounts[] = {
        {"resnet18", 8},         {"resnet34", 16},           {"resnet50", 16},        {"resnet101", 33},
        {"resnet152", 50},       {"cifar_resnet20", 9},      {"cifar_resnet56", 27},  {"convnextv2_atto", 12},
        {"convnextv2_tiny", 18}, {"squeezenet1_1", 8},       {"cifar_resnet14x2", 6}, {"cifar_resnet9", 5},
        {"cifar_resnet11", 6},   {"resnext50_32x4d", 16},    {"googlenet", 9},        {"inception_v3", 11},
        {"densenet121", 7},      {"shufflenet_v2_x1_0", 16}, {"mnasnet1_0", 10},      {"regnet_y_400mf", 16},
        {"deit_tiny", 12},
    };
    for (const auto& row : kCounts) {
        CAPTURE(row.first);
        CHECK(site_names(row.first).size() == row.second);
    }
}

TEST_CASE("exit sites are called as PyTorch calls the blocks") {
    CHECK(site_names("resnet18") == std::vector<std::string>{"layer1.0", "layer1.1", "layer2.0", "layer2.1",
                                                             "layer3.0", "layer3.1", "layer4.0", "layer4.1"});
    CHECK(site_names("convnextv2_atto").front() == "stages.0.blocks.0");
    CHECK(site_names("squeezenet1_1").back() == "features.12");
    CHECK(site_names("inception_v3").front() == "Mixed_5b");
    CHECK(site_names("shufflenet_v2_x1_0").front() == "stage2.0");
    CHECK(site_names("deit_tiny").back() == "blocks.11");
}

TEST_CASE("a plain chain has its sites where its maps shrink") {
    // Shapes suffice: the largest of these would be 553 MB.
    const auto without_values = [](const std::string&, const Shape& shape) {
        return Tensor(DataType::kFloat32, shape, nullptr, nullptr);
    };
    for (const char* name : {"alexnet", "vgg11", "vgg11_bn", "vgg16", "vgg16_bn"}) {
        CAPTURE(name);
        const Backbone& backbone = find_backbone(name);
        const Graph graph = build_backbone(backbone, without_values, 10, backbone.input());
        const auto sites = find_exits(graph, backbone.site_names()).sites;
        CHECK(sites.size() == 5);
        CHECK(sites.front().channels == 64);
        const auto types = infer_types(graph);
        CHECK(types[static_cast<std::size_t>(sites.back().value)].shape ==
              (std::string_view(name) == "alexnet" ? Shape{1, 256, 6, 6} : Shape{1, 512, 7, 7}));
    }
}
