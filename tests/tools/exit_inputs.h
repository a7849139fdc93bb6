// A model with exits, images and configurations for it, as files.
#pragma once

#include "tests/runtime/session/model_of.h"
#include "tests/tools/program.h"

#include <dyce/configuration.h>

namespace dyce::test {

/// m.safetensors with the heads exit0, quad0, exit1, quad1 at two sites, and 40 images of its five classes
/// in the folder data.
inline void write_exit_inputs(const TempFolder& folder) {
    Member member = exit_member(make_exit_net(2));
    member.architecture = "small";
    ModelData model;
    model.members.push_back(std::move(member));
    save_model(folder / "m.safetensors", model);
    for (int c = 0; c < 5; ++c)
        for (int i = 0; i < 8; ++i)
            write_file(folder / ("data/" + std::to_string(c) + "/" + std::to_string(i) + ".png"),
                       color_png(8, 50 * c, 30 * i, 100));
}

// Multiply-adds of that model, by hand: 3x3 convolutions on 8x8 pixels, 3 to 8 channels and two of 8 to 8 a
// block; heads of 8 or 32 inputs and 5 classes.
inline constexpr int kExitMacs[] = {64 * 9 * (3 * 8 + 2 * 8 * 8), 64 * 9 * (3 * 8 + 4 * 8 * 8)};
inline constexpr int kExitHeadMacs = 8 * 5, kQuadHeadMacs = 32 * 5;
inline constexpr int kBackboneMacs = kExitMacs[1] + 8 * 5;

/// set.configs.json for that model. All images leave at site 0 under "first", at site 1 under "second"
/// although they pass another exit, and nowhere under "none", which has the same exits.
inline void write_exit_set(const TempFolder& folder) {
    const auto model = load_model(folder / "m.safetensors");
    ConfigurationSet::Contents contents;
    contents.model_digest = model->digest;
    contents.preprocess_digest = model->preprocess_digest;
    contents.base = {0.5, kBackboneMacs, kBackboneMacs};
    const auto add = [&](const std::string& name, std::vector<EnabledExit> exits, double macs,
                         double accuracy) {
        Configuration c;
        c.name = name;
        c.exits = std::move(exits);
        c.accuracy = c.accuracy_low = accuracy;
        c.macs = c.cost = macs;
        c.relative_macs = c.relative_cost = macs / kBackboneMacs;
        contents.configurations.push_back(std::move(c));
    };
    add("first", {{0, "quad0", -1}}, kExitMacs[0] + kQuadHeadMacs, 0.3);
    add("second", {{0, "quad0", 1}, {1, "exit1", -1}}, kExitMacs[1] + kQuadHeadMacs + kExitHeadMacs, 0.4);
    add("none", {{0, "quad0", 1}, {1, "exit1", 1}}, kBackboneMacs + kQuadHeadMacs + kExitHeadMacs, 0.5);
    ConfigurationSet(std::move(contents)).save(folder / "set.configs.json");
}

}  // namespace dyce::test
