// Models with exits for images of 8x8, and such images.
#pragma once

#include "loaders/format/model_file.h"
#include "tests/runtime/flow/exit_net.h"

#include <dyce/image.h>

#include <memory>
#include <random>
#include <vector>

namespace dyce::test {

/// One member of the given number of blocks each; in a cascade their preprocessing differs.
inline std::shared_ptr<ModelData> model_of(const std::vector<int>& blocks) {
    auto model = std::make_shared<ModelData>();
    for (const int count : blocks) {
        ExitNet net = make_exit_net(count, static_cast<unsigned>(count));
        Member member;
        member.macs = count_macs(net.graph);
        for (const ExitHead& head : net.exits.heads) member.macs -= head.macs;
        member.graph = std::move(net.graph);
        member.exits = std::move(net.exits);
        member.preprocess = {.height = 8, .width = 8};
        member.preprocess.mean = {0.5f, 0.5f, 0.5f};
        member.preprocess.std = {0.25f, 0.25f, 0.1f * static_cast<float>(count)};
        model->members.push_back(std::move(member));
    }
    model->classes = 5;
    model->digest = "0123456789abcdef0123456789abcdef";
    model->preprocess_digest = "fedcba9876543210fedcba9876543210";
    return model;
}

inline std::vector<Image> noise_images(int count) {
    std::mt19937 random(9);
    std::vector<Image> images;
    for (int i = 0; i < count; ++i) {
        std::vector<std::uint8_t> pixels(8 * 8 * 3);
        for (auto& p : pixels) p = static_cast<std::uint8_t>(random());
        images.push_back(Image::from_rgb(8, 8, pixels.data()));
    }
    return images;
}

}  // namespace dyce::test
