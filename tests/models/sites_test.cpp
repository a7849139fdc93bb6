#include "graph/exits/exits.h"
#include "graph/exits/import_sites.h"
#include "graph/passes/passes.h"
#include "models/backbones.h"

#include <doctest/doctest.h>

using namespace dyce;

namespace {

Tensor zeros(const std::string&, const Shape& shape) { return {DataType::kFloat32, shape}; }

/// As `dyce convert` finds them.
std::vector<Site> sites_in(const Graph& graph, const Backbone& backbone) {
    return backbone.blocks.empty() ? find_import_sites(graph) : find_sites(graph, backbone.site_names());
}

std::vector<Site> sites_of(std::string_view architecture) {
    const Backbone& backbone = find_backbone(architecture);
    Graph graph = build_backbone(backbone, zeros, 10, backbone.input());
    simplify(graph);
    return sites_in(graph, backbone);
}

std::vector<std::string> site_names(std::string_view architecture) {
    std::vector<std::string> names;
    for (const Site& site : sites_of(architecture)) names.push_back(site.name);
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
        {"efficientnet_b1", 16},
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
}

TEST_CASE("attention networks have a site behind each block, laid out as it computes") {
    const std::vector<Site> deit = sites_of("deit_tiny");
    REQUIRE(deit.size() == 12);
    CHECK(deit.front().name == "blocks.0");
    CHECK(deit.back().name == "blocks.11");
    CHECK(deit.back().layout == SiteLayout::kTokens);
    CHECK(deit.back().channels == 192);
    CHECK(deit.back().tokens.prefix == 1);

    const std::vector<Site> swin = sites_of("swin_t");
    const std::vector<std::int64_t> channels = {96, 96, 192, 192, 384, 384, 384, 384, 384, 384, 768, 768};
    REQUIRE(swin.size() == channels.size());
    CHECK(swin.front().name == "features.1.0");
    CHECK(swin[10].name == "features.7.0");
    CHECK(swin.back().name == "norm");  // of the last block, for it alone reads that
    for (std::size_t i = 0; i < swin.size(); ++i) {
        CHECK(swin[i].layout == SiteLayout::kChannelsLast);
        CHECK(swin[i].channels == channels[i]);
    }
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
        const auto sites = sites_in(graph, backbone);
        CHECK(sites.size() == 5);
        CHECK(sites.front().channels == 64);
        const auto types = infer_types(graph);
        CHECK(types[static_cast<std::size_t>(sites.back().value)].shape ==
              (std::string_view(name) == "alexnet" ? Shape{1, 256, 6, 6} : Shape{1, 512, 7, 7}));
    }
}
