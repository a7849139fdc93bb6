// Models whose members have gates, each with its own tau, and how their images leave, run by the exit loop.
#pragma once

#include "graph/exits/exits.h"
#include "tests/graph/exits/gated_net.h"
#include "tests/runtime/flow/member_nets.h"
#include "tests/runtime/session/model_of.h"

#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

namespace dyce::test {

/// Of 8x8, each with colours and contrast of its own, so that gates tell them apart.
inline std::vector<Image> tinted_images(int count) {
    std::mt19937 random(9);
    const auto below = [&](unsigned most) { return static_cast<unsigned>(random() % most); };
    std::vector<Image> images;
    for (int i = 0; i < count; ++i) {
        const std::array<unsigned, 3> darkest = {below(128), below(128), below(128)};
        const unsigned contrast = 1 + below(128);
        std::vector<std::uint8_t> pixels;
        for (int k = 0; k < 8 * 8 * 3; ++k)
            pixels.push_back(static_cast<std::uint8_t>(darkest[index(k % 3)] + below(contrast)));
        images.push_back(Image::from_rgb(8, 8, pixels.data()));
    }
    return images;
}

/// A member of so many blocks for each tau.
inline std::shared_ptr<ModelData> gated_model(const std::vector<int>& blocks,
                                              const std::vector<double>& taus) {
    auto model = std::make_shared<ModelData>();
    for (std::size_t m = 0; m < blocks.size(); ++m) {
        Member member = exit_member(make_gated_net(blocks[m], static_cast<unsigned>(m) + 1));
        member.macs = count_macs(member.graph);
        for (const ExitHead& head : member.exits.heads) member.macs -= head.macs;
        member.preprocess.mean = {0.5f, 0.5f, 0.5f};
        member.preprocess.std = {0.1f, 0.1f, 0.1f};
        member.gate_threshold = taus[m];
        model->members.push_back(std::move(member));
    }
    model->classes = 5;
    model->digest = "0123456789abcdef0123456789abcdef";
    model->preprocess_digest = "fedcba9876543210fedcba9876543210";
    return model;
}

inline ExitNet net_of(const Member& member) { return {member.graph, member.exits}; }

/// As the members, whose preprocessing is the same, read them.
inline Images prepared(const ModelData& model, const std::vector<Image>& images) {
    Images all;
    for (const Image& image : images) {
        all.emplace_back(model.members[0].preprocess.numbers());
        apply(model.members[0].preprocess, image, all.back().data());
    }
    return all;
}

/// Runs the model in batches of at most `batch`.
inline ExitLoop live_loop(const ModelData& model, int batch) {
    Members members;
    for (const Member& member : model.members)
        members.push_back(
            CompiledModel::compile(member.graph, member.exits, {.max_batch = batch, .threads = 1}));
    return {local_stage_runners(members), model.positions(), batch};
}

inline std::vector<Left> live_answers(ExitLoop& loop, const Configuration& configuration,
                                      const ModelData& model, const Images& images, std::size_t batch) {
    const auto plan = std::make_shared<const ExitPlan>(make_exit_plan(configuration, model.positions()));
    return answers(loop, std::vector<std::shared_ptr<const ExitPlan>>(images.size(), plan), images, batch);
}

}  // namespace dyce::test
