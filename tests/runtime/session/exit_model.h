// A model with exits whose answers differ between configurations, and images for it.
#pragma once

#include "runtime/session/model_access.h"
#include "tests/runtime/flow/exit_net.h"
#include "tests/runtime/session/model_of.h"

#include <dyce/configuration.h>
#include <dyce/image.h>
#include <dyce/model.h>

#include <random>
#include <string>
#include <vector>

namespace dyce::test {

/// Four sites, two heads each; 8x8 images only.
inline Model exit_model() {
    Member member = exit_member(make_exit_net(4));
    member.architecture = "exits";
    member.macs = 1000;
    ModelData model;
    model.members.push_back(std::move(member));
    model.digest = std::string(32, 'a');
    model.preprocess_digest = std::string(32, 'b');
    model.classes = 5;
    return ModelAccess::make(std::make_shared<ModelData>(std::move(model)));
}

/// Each of one colour, with noise.
inline std::vector<Image> noise_images(int count, int side = 8) {
    std::mt19937 random(7);
    std::vector<Image> images;
    for (int i = 0; i < count; ++i) {
        std::vector<std::uint8_t> pixels(static_cast<std::size_t>(side * side * 3));
        const std::uint_fast32_t color[3] = {random() % 200, random() % 200, random() % 200};
        for (std::size_t k = 0; k < pixels.size(); ++k)
            pixels[k] = static_cast<std::uint8_t>(color[k % 3] + random() % 56);
        images.push_back(Image::from_rgb(side, side, pixels.data()));
    }
    return images;
}

/// Configurations c0 (cheapest) .. c4 (exits off) of exit_model().
inline ConfigurationSet exit_set() {
    ConfigurationSet::Contents contents;
    contents.model_digest = std::string(32, 'a');
    contents.preprocess_digest = std::string(32, 'b');
    contents.base = {0.9, 1000, 1000};
    for (int i = 0; i < 5; ++i) {
        Configuration c;
        c.name = "c" + std::to_string(i);
        if (i == 0) c.exits = {{0, "exit0", -1}};
        if (i > 0 && i < 4) c.exits = {{0, "exit0", 0.7 + 0.09 * i}, {i, "quad" + std::to_string(i), 0.999}};
        c.accuracy = c.accuracy_low = 0.7 + 0.05 * i;
        c.relative_cost = c.relative_macs = 0.2 * (i + 1);
        c.cost = c.macs = 200.0 * (i + 1);
        contents.configurations.push_back(c);
    }
    return ConfigurationSet(std::move(contents));
}

}  // namespace dyce::test
