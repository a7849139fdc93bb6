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
        {"resnet18", 8},         {"resnet34", 16},      {"resnet50", 16},        {"resnet101", 33},
        {"resnet152", 50},       {"cifar_resnet20", 9}, {"cifar_resnet56", 27},  {"convnextv2_atto", 12},
        {"convnextv2_tiny", 18}, {"squeezenet1_1", 8},  {"cifar_resnet14x2", 6}, {"cifar_resnet9", 5},
        {"cifar_resnet11", 6},
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
}
