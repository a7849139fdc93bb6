// Small networks with exits as members of one model, run by whatever stage runners; and plans of all kinds.
#pragma once

#include "runtime/exec/local_stage_runner.h"
#include "tests/runtime/flow/exit_runner.h"
#include "tests/runtime/flow/interpreted_stages.h"
#include "tests/runtime/flow/runners.h"

#include <algorithm>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace dyce::test {

/// A network whose first site lies within a block, so that two values live there; 3x8x8 images, 5 classes.
inline ExitNet make_branching_net() {
    std::mt19937 random(9);
    std::normal_distribution<float> normal(0, 0.3f);
    GraphBuilder g;
    const auto weights = [&](const std::string& name, const Shape& shape) {
        Tensor tensor(DataType::kFloat32, shape);
        for (std::int64_t i = 0; i < tensor.elements(); ++i) tensor.mutable_data<float>()[i] = normal(random);
        return g.constant(name, tensor);
    };
    const auto conv = [&](ValueId x, std::int64_t in, const std::string& name) {
        return g.add("Conv", {x, weights(name, {8, in, 3, 3})},
                     {{"pads", std::vector<std::int64_t>{1, 1, 1, 1}}});
    };
    const auto linear = [&](ValueId x, const std::string& name) {
        const ValueId mean = g.add("Flatten", {g.add("GlobalAveragePool", {x})});
        return g.add("Gemm", {mean, weights(name + ".w", {8, 5})}, {}, name);
    };
    const ValueId image = g.input("x", {DataType::kFloat32, {1, 3, 8, 8}});
    const ValueId stem = g.add("Relu", {conv(image, 3, "w0")});
    const ValueId inner = g.add("Relu", {conv(stem, 8, "w1")}, {}, "inner");
    const ValueId block = g.add("Relu", {g.add("Add", {conv(inner, 8, "w2"), stem})}, {}, "block");
    const ValueId exits[] = {linear(inner, "exit0"), linear(block, "exit1")};
    g.output(linear(g.add("Relu", {conv(block, 8, "w3")}), "logits"));
    for (const ValueId exit : exits) g.output(exit);
    ExitNet net{std::move(g).build(), {}};
    net.exits = find_exits(net.graph);
    return net;
}

struct MemberNets {
    std::vector<ExitNet> nets;
    std::vector<ExitSite> positions;

    explicit MemberNets(std::vector<ExitNet> made) : nets(std::move(made)) {
        std::vector<ExitNetwork> members;
        for (const ExitNet& net : nets)
            members.push_back({&net.graph, &net.exits, 1000 * static_cast<std::int64_t>(members.size() + 1)});
        positions = list_sites(members);
    }

    Members compile(const CompileOptions& options) const {
        Members members;
        for (const ExitNet& net : nets)
            members.push_back(CompiledModel::compile(net.graph, net.exits, options));
        return members;
    }
    StageRunners interpreted(int rows_at_once) const {
        StageRunners runners;
        for (const ExitNet& net : nets)
            runners.push_back(std::make_unique<InterpretedStages>(net.graph, net.exits, rows_at_once));
        return runners;
    }
};

inline MemberNets cascade_nets() { return MemberNets({make_exit_net(1, 1), make_exit_net(3, 2)}); }

/// Each member by two runners in turn.
inline StageRunners relayed(StageRunners ones, StageRunners others) {
    for (std::size_t m = 0; m < ones.size(); ++m)
        ones[m] = std::make_unique<RelayRunner>(std::move(ones[m]), std::move(others[m]));
    return ones;
}

inline Configuration random_exits(std::mt19937& random, const std::vector<ExitSite>& positions) {
    const auto pick = [&](std::size_t n) { return static_cast<std::size_t>(random() % n); };
    const char* scores[] = {"max_softmax", "margin", "entropy", "patience"};
    Configuration configuration;
    configuration.score = scores[pick(4)];
    for (std::size_t p = 0; p + 1 < positions.size(); ++p) {
        if (positions[p].heads.empty() || pick(3) == 0) continue;
        const ExitSite::Head& head = positions[p].heads[pick(positions[p].heads.size())];
        const double threshold = configuration.score == "patience"
                                     ? static_cast<double>(pick(3))
                                     : 0.3 + 0.7 * static_cast<double>(pick(1000)) / 1000;
        configuration.exits.push_back({static_cast<int>(p), head.type, threshold});
    }
    return configuration;
}

/// For each of `count` rows one of its own: exits at random, with exits off here and there, and with an exit
/// that takes everything.
inline std::vector<std::shared_ptr<const ExitPlan>> random_plans(std::mt19937& random, std::size_t count,
                                                                 const std::vector<ExitSite>& positions) {
    std::vector<std::shared_ptr<const ExitPlan>> plans;
    for (std::size_t row = 0; row < count; ++row) {
        Configuration configuration = random_exits(random, positions);
        if (random() % 6 == 0) configuration.exits.clear();
        if (random() % 6 == 0 && !configuration.exits.empty()) configuration.exits[0].threshold = -1;
        plans.push_back(std::make_shared<const ExitPlan>(make_exit_plan(configuration, positions)));
    }
    return plans;
}

/// How each image leaves, in batches of `batch`; `dues` by image, or empty.
inline std::vector<Left> answers(ExitLoop& loop, const std::vector<std::shared_ptr<const ExitPlan>>& plans,
                                 const Images& images, std::size_t batch,
                                 const std::vector<ExitBatch::Clock::time_point>& dues = {}) {
    std::vector<Left> all;
    for (std::size_t first = 0; first < images.size(); first += batch) {
        const std::size_t count = std::min(batch, images.size() - first);
        Notes notes{std::span(images).subspan(first, count)};
        std::vector<const ExitPlan*> own;
        for (std::size_t i = first; i < first + count; ++i) {
            own.push_back(plans[i].get());
            if (!dues.empty()) notes.dues.push_back(dues[i]);
        }
        loop.run(own, notes);
        REQUIRE(notes.left.size() == count);
        for (const auto& [row, left] : notes.left) all.push_back(left);
    }
    return all;
}

}  // namespace dyce::test
