// Names and shapes of all parameters against the modules of torchvision 0.14: of their sorted list, a line
// "NAME DIMxDIM..\n" each, the length and the CRC-32 (Python's zlib.crc32) are kept here. Counters and auxiliary
// classifiers are not among them; DeiT is torchvision's ViT under timm's names.
#include "models/backbones.h"
#include "runtime/core/crc32.h"

#include <doctest/doctest.h>

#include <set>

using namespace dyce;

namespace {

struct NameList {
    const char* architecture;
    std::size_t parameters;
    std::uint32_t crc;
};

constexpr NameList kNameLists[] = {
    {"resnet18", 102, 0x5d54a566},
    {"resnet34", 182, 0xfd1f946d},
    {"resnet50", 267, 0x046b46ec},
    {"resnet101", 522, 0x6fe53e4b},
    {"resnet152", 777, 0xabe5d3ed},
    {"mobilenet_v2", 262, 0x27b2afb4},
    {"mobilenet_v3_small", 210, 0x4f956dce},
    {"mobilenet_v3_large", 266, 0xc7fee29b},
    {"efficientnet_b0", 311, 0x2c356f67},
    {"squeezenet1_1", 52, 0x07e91aa3},
    {"resnext50_32x4d", 267, 0xd74a7d91},
    {"wide_resnet50_2", 267, 0xeb879325},
    {"efficientnet_b1", 439, 0x0f78fb53},
    {"efficientnet_b2", 439, 0x8c32f725},
    {"efficientnet_b3", 496, 0x403fec72},
    {"alexnet", 16, 0x1311c672},
    {"vgg11", 22, 0x6ec446c3},
    {"vgg11_bn", 54, 0x088d5dca},
    {"vgg16", 32, 0x0a86ab47},
    {"vgg16_bn", 84, 0x89ceed07},
    {"googlenet", 287, 0x8159850b},
    {"inception_v3", 472, 0xfbd4aec2},
    {"densenet121", 606, 0x97ced162},
    {"densenet169", 846, 0xd3345169},
    {"shufflenet_v2_x1_0", 282, 0x44f3ba62},
    {"mnasnet1_0", 262, 0xc17d03ae},
    {"regnet_y_400mf", 331, 0xb3fb1b21},
    {"deit_tiny", 152, 0x8844953c},
    {"deit_small", 152, 0xa2cb3670},
    {"vit_b_16", 152, 0x680e2ebc},
    {"swin_t", 173, 0xb4764707},
};

std::set<std::string> parameter_lines(const Backbone& backbone) {
    std::set<std::string> lines;
    const auto note = [&](const std::string& name, const Shape& shape) {
        CHECK(lines.insert(name + " " + shape.to_string() + "\n").second);
        return Tensor(DataType::kFloat32, shape, nullptr, nullptr);
    };
    build_backbone(backbone, note, 1000, backbone.input());
    return lines;
}

}  // namespace

TEST_CASE("parameters are called and shaped as torchvision's") {
    for (const NameList& list : kNameLists) {
        CAPTURE(list.architecture);
        const auto lines = parameter_lines(find_backbone(list.architecture));
        CHECK(lines.size() == list.parameters);
        Crc32 crc;
        for (const std::string& line : lines) crc.add(std::as_bytes(std::span(line)));
        CHECK(crc.value() == list.crc);
    }
}
