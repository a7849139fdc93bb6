// Batches through networks where more than one map lives at a point: other branches, values that only heads
// read, values that heads make for later heads. The oracle for a row is the interpreter, and the row alone.
#include "graph/exits/interleave.h"
#include "graph/interpreter.h"
#include "tests/graph/exits/group_nets.h"
#include "tests/graph/exits/side_nets.h"
#include "tests/runtime/flow/member_nets.h"
#include "tests/support/allocations.h"

#include <doctest/doctest.h>

using namespace dyce;
using namespace dyce::test;

namespace {

constexpr int kMaxRows = 16;

struct CarryCase {
    const char* name;
    ExitNet (*make)();
};

const CarryCase kCarryCases[] = {
    {"two branches", make_branches},
    {"heads that read other values", make_joint_heads},
    {"chain", [] { return make_chain(ChainKind::kSums); }},
    {"chain of logits", [] { return make_chain(ChainKind::kBoosted); }},
    {"chain with rows for feeds", [] { return make_chain(ChainKind::kFeeds); }},
    {"one matrix for sites of a kind",
     [] {
         return make_group_net("stage-grid2-6", {0, 1, 2});
     }},
    {"hidden numbers added up",
     [] {
         return make_group_net("shared-grid2-6", {0, 1, 2});
     }},
};

using HeadKey = std::pair<int, std::string>;  // site and type

// At about half of the sites, exits whose threshold about half of the images pass.
std::vector<Configuration> splitting_configurations(Runner& runner, const Images& images, unsigned seed) {
    std::mt19937 random(seed);
    std::map<HeadKey, double> medians;
    for (const ExitSite& site : runner.positions)
        for (const ExitSite::Head& head : site.heads) {
            if (head.index < 0) continue;
            Configuration alone;
            alone.exits = {{site.site, head.type, -1}};
            std::vector<float> scores;
            for (const Left& left : runner.run(alone, images)) scores.push_back(left.score);
            std::nth_element(scores.begin(), scores.begin() + static_cast<long>(scores.size() / 2),
                             scores.end());
            medians[{site.site, head.type}] = static_cast<double>(scores[scores.size() / 2]);
        }
    std::vector<Configuration> configurations(8);
    for (Configuration& configuration : configurations)
        for (const ExitSite& site : runner.positions) {
            if (site.site < 0 || site.heads.empty() || random() % 3 == 0) continue;
            const std::string& type = site.heads[random() % site.heads.size()].type;
            configuration.exits.push_back({site.site, type, medians[{site.site, type}]});
        }
    return configurations;
}

// The logits of every head of the network that is run, by the operators' plain loops.
std::map<HeadKey, std::vector<float>> interpreted(const ExitNet& net, const std::vector<float>& image) {
    const auto outputs = interpret(interleave(net.graph, net.exits).graph, {as_tensor(image)});
    std::map<HeadKey, std::vector<float>> logits;
    for (std::size_t h = 0; h < outputs.size(); ++h) {
        const HeadKey key = h == 0 ? HeadKey{static_cast<int>(net.exits.sites.size()), kFinalType}
                                   : HeadKey{net.exits.heads[h - 1].site, net.exits.heads[h - 1].type};
        logits[key].assign(outputs[h].data<float>(), outputs[h].data<float>() + outputs[h].elements());
    }
    return logits;
}

}  // namespace

TEST_CASE("carry: a row's answer is its own, whatever lives at a point and whoever exits beside it") {
    const Images images = noise(kMaxRows);
    for (const CarryCase& one : kCarryCases)
        for (const bool reference : {true, false}) {
            CAPTURE(one.name);
            CAPTURE(reference);
            Runner alone(one.make(), 1, reference), batch(one.make(), kMaxRows, reference);
            std::map<int, int> left_at;
            for (const Configuration& configuration : splitting_configurations(alone, images, 7)) {
                const std::vector<Left> expected = alone.run(configuration, images);
                for (std::size_t i = 0; i < images.size(); ++i) {
                    ++left_at[expected[i].position];
                    const auto logits =
                        interpreted(alone.net, images[i]).at({expected[i].position, expected[i].type});
                    if (reference) {
                        CHECK(expected[i].logits == logits);
                    } else {
                        for (std::size_t k = 0; k < logits.size(); ++k)
                            CHECK(expected[i].logits[k] == doctest::Approx(logits[k]).epsilon(1e-3));
                    }
                }
                for (int count = 1; count <= kMaxRows; ++count) {
                    CAPTURE(count);
                    const std::vector<Left> first(expected.begin(), expected.begin() + count);
                    CHECK(batch.run(configuration, Images(images.begin(), images.begin() + count)) == first);
                }
            }
            for (const auto& [position, count] : left_at) CHECK(count >= 8);  // the case means something
            CHECK(left_at.size() >= 3);
        }
}

TEST_CASE("carry: all values go with a row from runner to runner, and plans differ from row to row") {
    const Images images = noise(kMaxRows);
    for (const CarryCase& one : kCarryCases) {
        CAPTURE(one.name);
        const MemberNets nets({one.make(), make_exit_net(1)});
        std::mt19937 random(3);
        for (const bool reference : {true, false}) {
            CAPTURE(reference);
            const Members members =
                nets.compile({.max_batch = kMaxRows, .threads = 2, .reference_kernels = reference});
            ExitLoop local(local_stage_runners(members), nets.positions, kMaxRows);
            ExitLoop relay(relayed(local_stage_runners(members), local_stage_runners(members)),
                           nets.positions, kMaxRows);
            ExitLoop interpreted(nets.interpreted(kMaxRows), nets.positions, kMaxRows);
            ExitLoop by_turns(relayed(local_stage_runners(members), nets.interpreted(kMaxRows)),
                              nets.positions, kMaxRows);
            for (const std::size_t batch : {1u, 3u, 7u, 16u}) {
                const auto plans = random_plans(random, images.size(), nets.positions);
                const auto expected = answers(local, plans, images, batch);
                CHECK(answers(relay, plans, images, batch) == expected);
                if (!reference) continue;
                CHECK(answers(interpreted, plans, images, batch) == expected);
                CHECK(answers(by_turns, plans, images, batch) == expected);
            }
        }
    }
}

TEST_CASE("carry: a row pays for the feeds that it passes") {
    // Mean of 8 channels to 6 numbers = 48, 6 numbers to 5 logits = 30.
    const Images images = noise(1);
    Runner runner(make_chain(ChainKind::kSums), 1);
    const auto paid = [&](std::vector<EnabledExit> exits) {
        Configuration configuration;
        configuration.exits = std::move(exits);
        return runner.run(configuration, images)[0].macs;
    };
    const std::int64_t stem = 8 * 64 * 27, block = 8 * 64 * 72;
    CHECK(paid({{0, "exit0", -1}}) == stem + block + 48 + 30);
    CHECK(paid({{1, "exit1", -1}}) == stem + 2 * block + 96 + 30);
    CHECK(paid({{0, "exit0", 2}, {2, "exit2", -1}}) == stem + 3 * block + 96 + 30 + 48 + 30);
    CHECK(paid({}) == runner.macs + 96);
}

TEST_CASE("carry: nothing is allocated on the way") {
    for (const CarryCase& one : kCarryCases) {
        CAPTURE(one.name);
        const Images images = noise(8);
        Runner runner(one.make(), 8);
        class Silent final : public ExitBatch {
        public:
            explicit Silent(const Images& images) : images_(images) {}
            void fill(int, int row, std::span<float> image) override {
                const auto& from = images_[static_cast<std::size_t>(row)];
                std::copy(from.begin(), from.end(), image.begin());
            }
            void exit(int, const ExitAnswer&) override { ++count; }
            int count = 0;

        private:
            const Images& images_;
        } silent(images);
        const auto configuration = splitting_configurations(runner, images, 9)[0];
        const ExitPlan plan = make_exit_plan(configuration, runner.positions);
        const auto allocations = [&](int times) {
            const auto before = test::allocation_count();
            for (int i = 0; i < times; ++i) runner.loop.run(plan, 8, silent);
            return test::allocation_count() - before;
        };
        allocations(40);  // oneDNN's own first-time work, in every bucket
        CHECK(allocations(20) == 2 * allocations(10));
    }
}
