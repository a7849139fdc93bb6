// Covers exit_loop_gates, skipped_sites, decision.
// Rows that skip stages. The oracle for a row is its own way through the network by the interpreter, node by node.
#include "runtime/core/onednn/compat.h"
#include "runtime/exec/compiled_model.h"
#include "tests/graph/exits/group_nets.h"
#include "tests/runtime/flow/member_nets.h"
#include "tests/runtime/flow/pass_by_hand.h"
#include "tests/support/allocations.h"

#include <doctest/doctest.h>

#include <limits>

using namespace dyce;
using namespace dyce::test;

namespace {

constexpr int kRows = 16;
constexpr int kBlocks = 5;

ExitLoop loop_of(const ExitNet& net, const std::vector<ExitSite>& sites, const CompileOptions& options) {
    return {local_stage_runners({CompiledModel::compile(net.graph, net.exits, options)}), sites, kRows};
}

using Plans = std::vector<std::shared_ptr<const ExitPlan>>;

Plans same_plan(const Configuration& configuration, const std::vector<ExitSite>& sites, std::size_t count) {
    return Plans(count, std::make_shared<const ExitPlan>(make_exit_plan(configuration, sites)));
}

// By hand nothing is fused, and sums are made in another order.
bool are_close(const std::vector<float>& found, const std::vector<float>& expected) {
    return std::ranges::equal(found, expected, [](float one, float other) {
        return std::abs(one - other) <= 1e-4f * std::max(1.f, std::abs(other));
    });
}

// Counts rows that stages were wanted for and rows that were computed, behind gates.
struct CountedRows {
    std::size_t wanted = 0, computed = 0;
};

class CountingRunner final : public ForwardingRunner {
public:
    CountingRunner(std::shared_ptr<const CompiledModel> model, CountedRows& counted)
        : ForwardingRunner(std::make_unique<LocalStageRunner>(model)),
          model_(std::move(model)),
          counted_(counted) {}
    std::span<float> begin(int rows) override {
        rows_ = index(rows);
        return ForwardingRunner::begin(rows);
    }
    void advance() override {
        note(rows_, bucket());
        ForwardingRunner::advance();
    }
    void advance_first(int rows, std::size_t bucket) override {
        if (rows > 0) note(index(rows), bucket);
        ForwardingRunner::advance_first(rows, bucket);
    }

private:
    void note(std::size_t rows, std::size_t bucket) {
        counted_.wanted += rows;
        counted_.computed += static_cast<std::size_t>(model_->data().batch_plans[bucket].batch);
    }

    std::shared_ptr<const CompiledModel> model_;
    CountedRows& counted_;
    std::size_t rows_ = 0;
};

// Convolutions take and leave integers; all sites have one scale, or each has its own.
ExitNet quantized(ExitNet net, bool equal_scales) {
    int relus = 0;
    for (const Node& node : net.graph.nodes) {
        const std::string name(node.spec->name);
        if (name != "Conv" && name != "Relu" && name != "Add") continue;
        const bool is_gate = net.graph.value(node.outputs[0]).name.find("gate") != std::string::npos;
        if (is_gate) continue;
        relus += name == "Relu" ? 1 : 0;
        const float scale = equal_scales ? 0.043f : 0.03f + 0.004f * static_cast<float>(relus);
        net.graph.value(node.outputs[0]).quantization = Quantization{scale, name != "Relu"};
        if (!net.graph.value(node.inputs[0]).quantization)
            net.graph.value(node.inputs[0]).quantization = Quantization{scale, true};
    }
    return net;
}

}  // namespace

TEST_CASE("gates: a stage runs when its logit, less that of tau, is not below the other one") {
    const float inf = std::numeric_limits<float>::infinity(), nan = std::numeric_limits<float>::quiet_NaN();
    const auto decide = [](float skip, float run, double tau) {
        return decide_gate(std::vector<float>{skip, run}, tau) == Action::kSkip;
    };
    CHECK(decide(1, 0.5f, 0.5));
    CHECK_FALSE(decide(0.5f, 1, 0.5));
    CHECK_FALSE(decide(0.5f, 0.5f, 0.5));  // a tie
    // sigmoid(1) = 0.7311: it runs as long as tau is below.
    CHECK_FALSE(decide(0, 1, 0.731));
    CHECK(decide(0, 1, 0.7312));
    CHECK_FALSE(decide(1, 0, 0.2689));
    CHECK(decide(1, 0, 0.2690));
    for (const float z : {inf, -inf, nan}) {
        CHECK_FALSE(decide(z, 0, 0.5));
        CHECK_FALSE(decide(0, z, 0.5));
        CHECK_FALSE(decide(inf, z, 0));
        CHECK(decide(z, z, 1));
    }
}

TEST_CASE("gates that are all open, and all shut, leave the network and what is left of it, to the bit") {
    const Images images = varied_images(40);
    const ExitNet plain = make_exit_net(kBlocks), net = make_gated_net(kBlocks);
    for (const bool reference : {false, true}) {
        const CompileOptions options{.max_batch = kRows, .threads = 2, .reference_kernels = reference};
        const auto plain_sites = gated_sites({plain}, {0});
        ExitLoop ungated = loop_of(plain, plain_sites, options);
        const auto open_sites = gated_sites({net}, {0});
        ExitLoop open = loop_of(net, open_sites, options);
        const auto shut_sites = gated_sites({net}, {1});
        ExitLoop shut = loop_of(net, shut_sites, options);
        for (const std::size_t batch : {1u, 7u, 16u}) {
            std::mt19937 random(2), again(2);
            const auto plain_plans = random_plans(random, images.size(), plain_sites);
            const auto plans = random_plans(again, images.size(), open_sites);
            auto expected = answers(ungated, plain_plans, images, batch);
            for (Left& left : expected)  // the networks' own sums have heads in them, the same way
                left.macs += left.position + 1 == static_cast<int>(plain_sites.size())
                                 ? open_sites.back().macs - plain_sites.back().macs
                                 : 0;
            CHECK(answers(open, plans, images, batch) == expected);
        }
        const auto off = same_plan({}, shut_sites, images.size());
        const auto left = answers(shut, off, images, 7);
        std::vector<int> all;
        for (int site = 1; site < kBlocks; ++site) all.push_back(site);
        for (std::size_t i = 0; i < images.size(); ++i) {
            CHECK(left[i].skipped == all);
            CHECK(are_close(left[i].logits, PassByHand(net, images[i], 1).output(0)));
        }
    }
}

TEST_CASE("gates: each row takes the way it takes alone, by hand") {
    const Images images = varied_images(48);
    const ExitNet net = make_gated_net(kBlocks);
    const CompileOptions plain_loops{.max_batch = kRows, .threads = 2, .reference_kernels = true};
    for (const double tau : {0.3, 0.5, 0.7}) {
        const auto sites = gated_sites({net}, {tau});
        ExitLoop loop = loop_of(net, sites, plain_loops);
        StageRunners runners;
        runners.push_back(std::make_unique<InterpretedStages>(net.graph, net.exits, kRows));
        ExitLoop by_rows(std::move(runners), sites, kRows);
        Configuration exits;
        exits.score = "patience";
        exits.exits = {{0, "exit0", 1.5}, {1, "exit1", 1.5}, {3, "quad3", 2.5}};
        const auto plans = same_plan(exits, sites, images.size());
        const auto left = answers(loop, plans, images, kRows);
        CHECK(answers(by_rows, plans, images, 7) == left);
        std::map<std::vector<int>, int> paths;
        std::map<int, int> exited_at;
        for (std::size_t i = 0; i < images.size(); ++i) {
            const PassByHand hand(net, images[i], tau);
            std::vector<int> skipped = hand.skipped;
            std::erase_if(skipped, [&](int site) { return site > left[i].position; });
            CHECK(left[i].skipped == skipped);
            const bool is_final = left[i].position == kBlocks;
            const int head = is_final ? 0 : left[i].position == 1 ? 3 : 8;  // outputs: exitK, quadK in turn
            CHECK(are_close(left[i].logits, hand.output(head)));
            std::int64_t heads = 0;
            for (const EnabledExit& exit : exits.exits)
                if (exit.site <= left[i].position)
                    heads +=
                        std::ranges::find(sites[index(exit.site)].heads, exit.type, &ExitSite::Head::type)
                            ->macs;
            CHECK(left[i].macs ==
                  sites[index(left[i].position)].macs + hand.paid_extra(left[i].position) + heads);
            ++paths[left[i].skipped];
            ++exited_at[left[i].position];
        }
        CHECK(paths.size() > 4);  // the case means something
        CHECK(exited_at.size() > 1);
    }
}

TEST_CASE("gates: answers depend neither on batch mates nor on their order nor on threads") {
    Images images = varied_images(64);
    for (const Precision precision : {Precision::kFloat32, Precision::kBfloat16, Precision::kInt8}) {
        if (precision == Precision::kBfloat16 && !onednn::has_bfloat16()) continue;
        if (precision == Precision::kInt8 && !onednn::has_int8_products()) continue;
        for (const bool equal_scales : {true, false}) {
            if (!equal_scales && precision != Precision::kInt8) continue;
            ExitNet net = make_gated_net(kBlocks);
            if (precision == Precision::kInt8) net = quantized(net, equal_scales);
            const auto sites = gated_sites({net}, {0.5});
            Configuration exits;
            exits.exits = {{1, "exit1", 0.7}};
            const auto plans = same_plan(exits, sites, images.size());
            const auto compiled = CompiledModel::compile(
                net.graph, net.exits, {.max_batch = kRows, .threads = 2, .precision = precision});
            CHECK(count_skippable(*compiled).copied == (equal_scales ? 0 : kBlocks - 1));
            ExitLoop alone = loop_of(net, sites, {.max_batch = 1, .threads = 1, .precision = precision});
            const auto expected = answers(alone, plans, images, 1);
            for (const int threads : {1, 2}) {
                ExitLoop loop =
                    loop_of(net, sites, {.max_batch = kRows, .threads = threads, .precision = precision});
                for (const std::size_t batch : {1u, 5u, 7u, 16u})
                    CHECK(answers(loop, plans, images, batch) == expected);
                Images reversed(images.rbegin(), images.rend());
                auto back = answers(loop, plans, reversed, 16);
                std::ranges::reverse(back);
                CHECK(back == expected);
            }
        }
    }
}

TEST_CASE("gates: heads that feed later ones do so from skipped stages, too") {
    const Images images = varied_images(32);
    for (const char* name : {"shared-grid2-6", "stage-grid2-6"}) {
        ExitNet net = make_exit_net(kBlocks);
        const HeadType type = *parse_head_type(name);
        attach_groups(net, type, random_groups(net, type, {0, 1, 2, 3}));
        attach_gates(net);
        const auto sites = gated_sites({net}, {0.5});
        ExitLoop loop = loop_of(net, sites, {.max_batch = kRows, .threads = 2, .reference_kernels = true});
        Configuration exits;
        exits.exits = {{1, name, -1}};
        std::vector<float> scores;
        for (const Left& one : answers(loop, same_plan(exits, sites, images.size()), images, kRows))
            scores.push_back(one.score);
        std::ranges::sort(scores);
        exits.exits = {{1, name, static_cast<double>(scores[scores.size() * 2 / 3])}, {3, name, 0.5}};
        const auto plans = same_plan(exits, sites, images.size());
        const auto left = answers(loop, plans, images, kRows);
        int early = 0;
        for (std::size_t i = 0; i < images.size(); ++i) {
            const PassByHand hand(net, images[i], 0.5);
            int output = 0;
            for (const ExitHead& head : net.exits.heads)
                if (head.site == left[i].position && head.type == name) output = head.output;
            CHECK(are_close(left[i].logits, hand.output(output)));
            early += output > 0 ? 1 : 0;
        }
        CHECK(early > 0);
        CHECK(early < static_cast<int>(images.size()));
    }
}

TEST_CASE("gates: little more is computed than is wanted, and nothing is allocated") {
    const Images images = varied_images(32);
    const ExitNet net = make_gated_net(kBlocks);
    const auto sites = gated_sites({net}, {0.5});
    const auto compiled = CompiledModel::compile(net.graph, net.exits, {.max_batch = 32, .threads = 2});
    CHECK(count_skippable(*compiled).copied == 0);  // or all rows would run
    CountedRows counted;
    StageRunners runners;
    runners.push_back(std::make_unique<CountingRunner>(compiled, counted));
    const auto stopped = [] { return StageTimes::TimePoint{}; };  // no stage is quicker in a bigger batch
    ExitLoop loop = timed_loop(std::move(runners), sites, 32, stopped);
    const ExitPlan plan = make_exit_plan({}, sites);
    Notes notes(images);
    loop.run(plan, 32, notes);
    CHECK(counted.wanted < 32 * (kBlocks + 1));  // some were skipped
    MESSAGE(counted.computed << " rows of stages computed, " << counted.wanted << " wanted");
    CHECK(static_cast<double>(counted.computed) <= 1.15 * static_cast<double>(counted.wanted));

    class Silent final : public ExitBatch {
    public:
        explicit Silent(const Images& own) : images(own) {}
        void fill(int, int row, std::span<float> image) override {
            std::ranges::copy(images[index(row)], image.begin());
        }
        void exit(int, const ExitAnswer&) override {}
        const Images& images;
    };
    Silent silent(images);
    const auto allocations = [&](ExitLoop& some, const std::vector<ExitSite>& own_sites) {
        const ExitPlan own = make_exit_plan({}, own_sites);
        some.run(own, 32, silent);
        const std::int64_t before = allocation_count();
        for (int round = 0; round < 3; ++round) some.run(own, 32, silent);
        return allocation_count() - before;
    };
    // What oneDNN allocates itself when it runs, more often for more stages.
    const auto open_sites = gated_sites({net}, {0});
    ExitLoop open({local_stage_runners({compiled})}, open_sites, 32);
    CHECK(allocations(loop, sites) <= allocations(open, open_sites));
}
