// Covers decision, exit_plan, graph/exits/interleave.
#include "runtime/core/onednn/compat.h"

#include "tests/runtime/flow/exit_runner.h"
#include "tests/support/allocations.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

using namespace dyce;
using test::as_tensor;
using test::ExitNet;
using test::Images;
using test::Left;
using test::make_exit_net;
using test::noise;
using test::Runner;

namespace {

Configuration random_configuration(std::mt19937& random, int sites) {
    Configuration configuration;
    const auto pick = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    const auto scores = exit_scores();
    configuration.score = scores[static_cast<std::size_t>(pick(static_cast<int>(scores.size())))].name;
    for (int site = 0; site < sites; ++site)
        if (pick(3) > 0) {
            const double threshold =
                find_exit_score(configuration.score).from_logits ? 0.3 + 0.7 * pick(1000) / 1000.0 : pick(3);
            configuration.exits.push_back(
                {site, (pick(2) != 0 ? "exit" : "quad") + std::to_string(site), threshold});
        }
    return configuration;
}

}  // namespace

TEST_CASE("exits: sites, heads and their multiply-adds come out of the graph") {
    const ExitNet net = make_exit_net(3);
    REQUIRE(net.exits.sites.size() == 3);
    REQUIRE(net.exits.heads.size() == 6);
    const std::int64_t stem = 8 * 64 * 27, block = 2 * 8 * 64 * 72;
    for (int b = 0; b < 3; ++b) {
        const auto i = static_cast<std::size_t>(b);
        CHECK(net.exits.sites[i].name == "block" + std::to_string(b));
        CHECK(net.exits.sites[i].macs == stem + (b + 1) * block);
        CHECK(net.exits.heads[2 * i].macs == 8 * 5);
        CHECK(net.exits.heads[2 * i + 1].macs == 32 * 5);
    }
}

TEST_CASE("a batch that goes in parts leaves as one that does not") {
    const auto images = noise(13);
    Runner whole(make_exit_net(4), 13);
    Runner parts(make_exit_net(4), 13, false, Precision::kFloat32, 3);
    std::mt19937 random(11);
    for (int i = 0; i < 20; ++i) {
        const Configuration configuration = random_configuration(random, 4);
        CHECK(parts.run(configuration, images) == whole.run(configuration, images));
    }
}

TEST_CASE("exits off give, bit by bit, what the network without heads gives") {
    const auto images = noise(13);
    for (const int batch : {1, 4, 13}) {
        Runner runner(make_exit_net(4), batch);
        Graph backbone = runner.net.graph;
        Executor plain(CompiledModel::compile(backbone, ExitTable{}, {.max_batch = 1, .threads = 2}));
        const auto answers = runner.run({}, images);
        for (std::size_t i = 0; i < images.size(); ++i) {
            std::copy(images[i].begin(), images[i].end(), plain.input(1).begin());
            const auto logits = plain.run(1);
            CHECK(answers[i].logits == std::vector<float>(logits.begin(), logits.end()));
            CHECK(answers[i].position == 4);
            CHECK(answers[i].type == "final");
            CHECK(answers[i].macs == runner.macs);
        }
    }
}

TEST_CASE("each image leaves where the rule says, by the logits of the whole graph") {
    // The oracle computes every head for every image, then walks the sites by the rule
    // (docs/method.md, "Inference rule").
    const auto images = noise(40);
    for (const bool reference : {false, true}) {
        Runner runner(make_exit_net(4), 16, reference);
        Executor all(CompiledModel::compile(runner.net.graph,
                                            {.max_batch = 1, .threads = 2, .reference_kernels = reference}));
        std::vector<std::vector<Tensor>> outputs;
        for (const auto& image : images) outputs.push_back(all.run({as_tensor(image)}));
        std::mt19937 random(11);
        std::vector<int> left_at(5, 0);
        for (int round = 0; round < 30; ++round) {
            const Configuration configuration = random_configuration(random, 4);
            const ExitScore& score = find_exit_score(configuration.score);
            const auto answers = runner.run(configuration, images);
            for (std::size_t i = 0; i < images.size(); ++i) {
                Left expected{4, "final", 0, runner.macs, {}};
                std::size_t output = 0;
                std::int64_t heads = 0;
                int last = -1, agreeing = 0;
                const auto judge = [&](std::size_t k) {
                    const std::span logits(outputs[i][k].data<float>(), 5);
                    const int best = best_class(logits);
                    agreeing = best == last ? agreeing + 1 : 1;
                    last = best;
                    return score.compute({logits, best, agreeing});
                };
                for (const EnabledExit& exit : configuration.exits) {
                    const bool quad = exit.type.starts_with("quad");
                    const auto site = static_cast<std::size_t>(exit.site);
                    output = 1 + 2 * site + (quad ? 1 : 0);
                    heads += quad ? 160 : 40;
                    expected.score = judge(output);
                    if (static_cast<double>(expected.score) > exit.threshold) {
                        expected.position = exit.site;
                        expected.type = exit.type;
                        expected.macs = runner.net.exits.sites[site].macs;
                        break;
                    }
                    output = 0;
                }
                if (expected.position == 4) expected.score = judge(0);
                expected.macs += heads;
                const float* logits = outputs[i][output].data<float>();
                expected.logits.assign(logits, logits + 5);
                CHECK(answers[i] == expected);
                ++left_at[static_cast<std::size_t>(expected.position)];
            }
        }
        for (const int count : left_at) CHECK(count > 20);  // the case means something
    }
}

TEST_CASE("an answer does not depend on the batch") {
    const auto images = noise(37);
    std::mt19937 random(5);
    std::vector<Configuration> configurations;
    for (int i = 0; i < 8; ++i) configurations.push_back(random_configuration(random, 5));
    for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16}) {
        if (precision == Precision::kBfloat16 && !onednn::has_bfloat16()) continue;
        Runner one(make_exit_net(5), 1, false, precision);
        for (const int batch : {2, 3, 7, 16, 32}) {
            Runner many(make_exit_net(5), batch, false, precision);
            for (const Configuration& configuration : configurations)
                CHECK(many.run(configuration, images) == one.run(configuration, images));
        }
    }
}

TEST_CASE("the exit loop allocates nothing of its own") {
    const auto images = noise(8);
    Runner runner(make_exit_net(3), 8);
    Configuration configuration;
    for (int site = 0; site < 3; ++site)
        configuration.exits.push_back({site, "exit" + std::to_string(site), 0.6});
    const ExitPlan plan = make_exit_plan(configuration, runner.positions);
    class Silent final : public ExitBatch {
    public:
        void fill(int, int row, std::span<float> p) override {
            std::fill(p.begin(), p.end(), 0.1f * static_cast<float>(row));
        }
        void exit(int, const ExitAnswer&) override { ++count; }
        int count = 0;
    } silent;
    const auto allocations = [&](const ExitPlan& p, int times) {
        const auto before = test::allocation_count();
        for (int i = 0; i < times; ++i) runner.loop.run(p, 8, silent);
        return test::allocation_count() - before;
    };
    allocations(plan, 2);  // oneDNN's own first-time work
    CHECK(allocations(plan, 20) == 2 * allocations(plan, 10));
    const ExitPlan off = make_exit_plan({}, runner.positions);
    Executor bare(CompiledModel::compile(runner.net.graph, ExitTable{}, {.max_batch = 8, .threads = 2}));
    bare.input(8), bare.run(8);
    const auto before = test::allocation_count();
    for (int i = 0; i < 10; ++i) bare.input(8), bare.run(8);
    const auto of_bare = test::allocation_count() - before;
    CHECK(allocations(off, 10) == of_bare);
}

TEST_CASE("scores that are not finite never fire, and are counted") {
    const ExitNet net = make_exit_net(2);
    Runner runner(net, 2);
    Images images = noise(2);
    for (float& x : images[0]) x *= 1e38f;  // overflows on the way
    Configuration everyone;
    everyone.exits = {{0, "exit0", -1}};
    const auto answers = runner.run(everyone, images);
    CHECK(answers[0].position == 2);
    CHECK(answers[1].position == 0);
    CHECK(runner.loop.non_finite_scores() == 2);  // at the exit and at the classifier
}

TEST_CASE("configurations that do not fit the model are refused") {
    Runner runner(make_exit_net(2), 1);
    const auto check = [&](std::vector<EnabledExit> exits, const char* piece) {
        Configuration configuration;
        configuration.exits = std::move(exits);
        CHECK_THROWS_WITH_AS(make_exit_plan(configuration, runner.positions), doctest::Contains(piece),
                             Error);
    };
    check({{2, "final", 0}}, "exit site 2, the model has 2");
    check({{-1, "exit0", 0}}, "exit site -1");
    check({{0, "exit1", 0}}, "exit site 0 has no head of type \"exit1\"");
    check({{1, "exit1", 0}, {0, "exit0", 0}}, "do not rise");
    check({{0, "exit0", NAN}}, "not finite");
    Configuration score;
    score.score = "max_sofmax";
    CHECK_THROWS_WITH_AS(make_exit_plan(score, runner.positions), doctest::Contains("max_softmax"), Error);
}
