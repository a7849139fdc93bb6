// Heads of networks with gates are trained on what images are where they arrive. The oracle is each image's own way
// through the network, node by node.
#include "runtime/core/bfloat16.h"
#include "search/record/recorder.h"
#include "search/train/feature_pass.h"
#include "search/train/train_exits.h"
#include "tests/runtime/flow/pass_by_hand.h"
#include "tests/search/record/gated_model.h"
#include "tests/support/support.h"

#include <cmath>
#include <memory>
#include <set>

using namespace dyce;
using namespace dyce::test;

namespace {

class TintedImages final : public Dataset {
public:
    explicit TintedImages(int count) : images_(tinted_images(count)) {}
    std::int64_t size() const override { return static_cast<std::int64_t>(images_.size()); }
    std::string name(std::int64_t i) const override { return "#" + std::to_string(i); }
    int label(std::int64_t i) const override { return static_cast<int>(i % 5); }
    Image image(std::int64_t i) const override { return images_[static_cast<std::size_t>(i)]; }

private:
    std::vector<Image> images_;
};

std::vector<HeadPlan> plans(const Member& member, const std::vector<std::string>& types,
                            const std::vector<int>& sites) {
    std::vector<HeadType> parsed;
    for (const std::string& type : types) parsed.push_back(*parse_head_type(type));
    return plan_heads(member, parsed, sites, [](const std::string&) {});
}

constexpr int kImages = 70;  // two batches and a bit

}  // namespace

TEST_CASE("features are those of the stages that an image runs") {
    const auto model = gated_model({5}, {0.5});
    const Member& member = model->members[0];
    const auto heads = plans(member, {"grid4-linear", "grid3-linear"}, {0, 2, 3, 4});
    const FeatureLayout layout = plan_features(member.graph, member.exits, heads);
    const FeatureNetwork network =
        make_feature_network(member.graph, member.exits, layout, member.gate_threshold);
    const TintedImages images(kImages);
    const TempFolder folder;
    FeatureCache cache(folder.path().string(), false, "key", layout, kImages);
    run_feature_pass(network, layout, member.preprocess, images, {.threads = 2}, cache, [](std::int64_t) {});
    const FeatureRows rows = cache.map();
    const ExitNet net{network.graph, network.exits};
    std::set<std::vector<int>> ways;
    for (int i = 0; i < kImages; ++i) {
        std::vector<float> input(member.preprocess.numbers());
        apply(member.preprocess, images.image(i), input.data());
        const PassByHand hand(net, input, member.gate_threshold);
        ways.insert(hand.skipped);
        const auto logits = hand.output(0);
        for (std::size_t c = 0; c < 5; ++c)
            CHECK(rows.logits(i)[c] == doctest::Approx(logits[c]).epsilon(1e-3).scale(1));
        for (std::size_t b = 0; b < layout.blocks.size(); ++b) {
            const auto features = hand.output(static_cast<int>(b) + 1);
            for (std::size_t k = 0; k < features.size(); ++k) {
                const float read =
                    from_bfloat16(rows.features(i)[static_cast<std::size_t>(layout.blocks[b].offset) + k]);
                CHECK(std::abs(read - features[k]) <= std::abs(features[k]) / 128 + 1e-4f);
            }
        }
    }
    CHECK(ways.size() > 1);  // the case means something
}

TEST_CASE("training heads keeps the gates, and goes by features of their own tau") {
    const auto model = gated_model({4}, {0.5});
    const TempFolder folder;
    TrainExitsOptions options;
    options.cache = folder / "cache";
    options.scratch = folder.path().string();
    options.passes = 1;
    options.holdout = 0.2;
    options.training.epochs = 2;
    const TintedImages images(kImages);
    const auto train = [&](double tau) {
        Member member = model->members[0];
        member.gate_threshold = tau;
        const auto report =
            train_exits(member, images, plans(member, {"grid2-linear", "shared-grid2-6"}, {0, 1, 2}), options,
                        [](const char*, std::int64_t, std::int64_t) {});
        int gates = 0;
        for (const ExitHead& head : member.exits.heads) gates += head.role == HeadRole::kGate ? 1 : 0;
        CHECK(gates == 3);
        CHECK(report.heads.size() == 6);

        auto trained = std::make_shared<ModelData>(*model);
        trained->members = {member};
        const Recorder recorder(trained, {.batch = 32});
        const auto& heads = recorder.meta().heads;
        CHECK(heads.size() == 8 + 6 + 1);
        CHECK(recorder.run(std::vector<Image>{images.image(0)})[0].paid.size() == 5);
        return report.feature_rows;
    };
    CHECK(train(0.5) == kImages);
    CHECK(train(0.5) == 0);
    CHECK(train(0.3) == kImages);  // what was kept is of another tau
    CHECK(train(0.3) == 0);
    CHECK(train(0.5) == 0);
}
