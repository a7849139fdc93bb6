// Covers checkpoint, feature_pass, head_trainer, random, train_heads, training_data.
// Heads learn, and the network they are attached to says what was trained.
#include "search/train/train_exits.h"

#include "runtime/exec/executor.h"
#include "search/train/random.h"
#include "tests/runtime/flow/exit_net.h"
#include "tests/support/support.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>

using namespace dyce;
using namespace dyce::test;

namespace {

// Dim noise; the class says which quarter of the image is bright, or that none is.
class Quarters final : public Dataset {
public:
    Quarters(std::int64_t size, std::uint64_t seed, bool broken = false)
        : size_(size), seed_(seed), broken_(broken) {}

    std::int64_t size() const override { return size_; }
    std::string name(std::int64_t i) const override { return "#" + std::to_string(i); }
    int label(std::int64_t i) const override { return static_cast<int>(i % 5); }
    Image image(std::int64_t i) const override {
        if (broken_ && i % 3 == 0) throw Error(ErrorCode::kContent, name(i), "is broken");
        Random random(seed_, 9, static_cast<std::uint64_t>(i));
        std::vector<std::uint8_t> pixels;
        for (int y = 0; y < 8; ++y)
            for (int x = 0; x < 8; ++x) {
                const int quarter = 2 * (y / 4) + x / 4;
                for (int c = 0; c < 3; ++c)
                    pixels.push_back(
                        static_cast<std::uint8_t>(random.below(120) + (quarter == label(i) ? 130 : 0)));
            }
        return Image::from_rgb(8, 8, pixels.data());
    }

private:
    std::int64_t size_;
    std::uint64_t seed_;
    bool broken_;
};

Member make_member() {
    auto net = make_exit_net(2);
    Member member;
    member.graph = std::move(net.graph);
    member.exits = std::move(net.exits);
    member.preprocess.height = member.preprocess.width = 8;
    return member;
}

TrainExitsOptions quick_options(const TempFolder& folder) {
    TrainExitsOptions options;
    options.scratch = folder.path().string();
    options.passes = 1;  // mirrored images would belong to other classes
    options.holdout = 0.2;
    options.training.epochs = 30;
    options.training.batch = 32;
    options.training.rate = 0.01;
    options.training.loss.alpha = 1;
    return options;
}

std::vector<HeadPlan> all_plans(const Member& member, const std::vector<std::string>& types) {
    std::vector<HeadType> parsed;
    for (const std::string& type : types) parsed.push_back(*parse_head_type(type));
    return plan_heads(member, parsed, {0, 1}, [](const std::string&) {});
}

TrainExitsReport train(Member& member, const std::vector<HeadPlan>& heads, const TrainExitsOptions& options,
                       const Dataset& data) {
    return train_exits(member, data, heads, options, [](const char*, std::int64_t, std::int64_t) {});
}

// Accuracy of every output of the network as it is served.
std::vector<double> accuracies(const Member& member, const Dataset& data) {
    const auto count = data.size();
    Tensor x(DataType::kFloat32, {count, 3, 8, 8});
    for (std::int64_t i = 0; i < count; ++i)
        apply(member.preprocess, data.image(i), x.mutable_data<float>() + i * 192);
    Executor executor(CompiledModel::compile(member.graph, {.max_batch = static_cast<int>(count)}));
    std::vector<double> result;
    for (const Tensor& logits : executor.run({x})) {
        int correct = 0;
        for (std::int64_t i = 0; i < count; ++i) {
            const float* row = logits.data<float>() + i * 5;
            correct += std::max_element(row, row + 5) - row == data.label(i) ? 1 : 0;
        }
        result.push_back(correct / static_cast<double>(count));
    }
    return result;
}

bool same_weights(const Graph& a, const Graph& b) {
    if (a.values.size() != b.values.size()) return false;
    for (std::size_t i = 0; i < a.values.size(); ++i)
        if (a.values[i].constant && std::memcmp(a.values[i].constant->bytes(), b.values[i].constant->bytes(),
                                                a.values[i].constant->byte_size()) != 0)
            return false;
    return true;
}

}  // namespace

TEST_CASE("attached heads answer as they were trained to, where the pool lets them see it") {
    const TempFolder folder;
    Member member = make_member();
    const auto heads =
        all_plans(member, {"linear", "grid2-linear", "grid4-mlp2x16", "norm-grid4-mlp2x16", "grid9-linear"});
    CHECK(heads.size() == 8);  // a grid of 9 does not fit
    const auto report = train(member, heads, quick_options(folder), Quarters(500, 1));
    CHECK(report.held_out == 100);
    CHECK(report.missing == 0);
    CHECK(report.feature_rows == 500);
    REQUIRE(report.heads.size() == 8);
    REQUIRE(member.exits.heads.size() == 4 + 8);  // the two that came with each site are still there

    const auto served = accuracies(member, Quarters(200, 2));
    for (const auto& head : report.heads) {
        const auto attached = std::find_if(
            member.exits.heads.begin(), member.exits.heads.end(),
            [&](const ExitHead& other) { return other.site == head.site && other.type == head.type; });
        REQUIRE(attached != member.exits.heads.end());
        CAPTURE(head.type);
        CHECK(attached->macs == head.macs);
        const double accuracy = served[static_cast<std::size_t>(attached->output)];
        CHECK(std::abs(accuracy - head.held_out.accuracy) < 0.1);
        if (head.type != "linear") CHECK(accuracy > 0.97);  // a global average knows little of where
    }
}

TEST_CASE("the same seed gives the same heads on any number of threads") {
    const TempFolder folder;
    TrainExitsOptions options = quick_options(folder);
    options.passes = 2;
    options.training.epochs = 2;
    options.training.loss.alpha = 0.5;
    std::vector<Member> members;
    for (const int threads : {1, 3, 1}) {
        options.threads = threads;
        options.training.seed = members.size() == 2 ? 1 : 0;
        members.push_back(make_member());
        train(members.back(),
              all_plans(members.back(), {"linear", "grid2-mlp2x16", "stage-grid2-8", "shared-grid4-8"}),
              options, Quarters(100, 1));
    }
    CHECK(same_weights(members[0].graph, members[1].graph));
    CHECK_FALSE(same_weights(members[0].graph, members[2].graph));
}

TEST_CASE("heads with something in common are trained beside others, and are one matrix once") {
    const TempFolder folder;
    Member member = make_member();
    const auto heads = all_plans(member, {"stage-grid4-16", "linear", "shared-grid2-16",
                                          "stage-grid9-4"});  // a grid of 9 does not fit
    REQUIRE(heads.size() == 6);
    const auto report = train(member, heads, quick_options(folder), Quarters(500, 1));
    REQUIRE(report.heads.size() == 6);
    for (std::size_t i = 0; i < heads.size(); ++i) {
        CHECK(report.heads[i].site == heads[i].site);
        CHECK(report.heads[i].type == heads[i].type.name);
    }
    std::vector<std::string> types;  // beside the two that came with each site
    for (const ExitHead& head : member.exits.heads)
        if (head.type.find("exit") != 0 && head.type.find("quad") != 0) types.push_back(head.type);
    CHECK(types == std::vector<std::string>{"stage-grid4-16", "linear", "shared-grid2-16", "stage-grid4-16",
                                            "linear", "shared-grid2-16"});
    const auto served = accuracies(member, Quarters(200, 2));
    for (const auto& head : report.heads) {
        if (head.type == "linear") continue;
        CAPTURE(head.type);
        const auto attached = std::find_if(
            member.exits.heads.begin(), member.exits.heads.end(),
            [&](const ExitHead& other) { return other.site == head.site && other.type == head.type; });
        REQUIRE(attached != member.exits.heads.end());
        CHECK(attached->macs == head.macs);
        CHECK(attached->feed_macs == head.feed_macs);
        const double accuracy = served[static_cast<std::size_t>(attached->output)];
        CHECK(accuracy > 0.97);
        CHECK(std::abs(accuracy - head.held_out.accuracy) < 0.05);
    }
    // 8 channels at 4 x 4 cells, 16 hidden numbers.
    const auto matrices = [](const Graph& graph) {
        return std::count_if(graph.values.begin(), graph.values.end(), [](const Value& value) {
            return value.constant && value.constant->shape() == Shape{16, 128};
        });
    };
    CHECK(matrices(member.graph) == 1);
    ModelData model;
    model.members.push_back(member);
    save_model(folder / "m.safetensors", model);
    const auto loaded = load_model(folder / "m.safetensors");
    CHECK(matrices(loaded->last().graph) == 1);
    CHECK(same_weights(loaded->last().graph, member.graph));

    // Packed once, too: rows of 64 columns in half the memory.
    const auto packed = [](const Member& one) {
        return CompiledModel::compile(one.graph, one.exits, {.max_batch = 1})->packed_bytes();
    };
    Member fewer = member;
    remove_head(fewer.graph, fewer.exits,
                static_cast<std::size_t>(std::find_if(fewer.exits.heads.begin(), fewer.exits.heads.end(),
                                                      [](const ExitHead& head) {
                                                          return head.site == 1 &&
                                                                 head.type == "stage-grid4-16";
                                                      }) -
                                         fewer.exits.heads.begin()));
    CHECK(packed(member) > packed(fewer));
    CHECK(packed(member) - packed(fewer) < 128 * 64 * 2);
}

TEST_CASE("a single pass is the same for every seed, and is taken from the cache") {
    const TempFolder folder;
    TrainExitsOptions options = quick_options(folder);
    options.cache = folder / "cache";
    options.training.epochs = 1;
    const auto rows = [&](int passes, std::uint64_t seed) {
        options.passes = passes;
        options.training.seed = seed;
        Member member = make_member();
        return train(member, all_plans(member, {"linear"}), options, Quarters(40, 1)).feature_rows;
    };
    CHECK(rows(1, 0) == 40);
    CHECK(rows(1, 1) == 0);
    CHECK(rows(2, 0) == 80);
    CHECK(rows(2, 1) == 80);  // shifted otherwise
}

TEST_CASE("training again replaces heads") {
    const TempFolder folder;
    Member member = make_member();
    TrainExitsOptions options = quick_options(folder);
    options.training.epochs = 1;
    const auto heads = all_plans(member, {"linear"});
    train(member, heads, options, Quarters(60, 1));
    train(member, heads, options, Quarters(60, 1));
    CHECK(member.exits.heads.size() == 4 + 2);
    CHECK(member.graph.outputs.size() == 1 + 4 + 2);
    const auto groups = all_plans(member, {"stage-grid2-4", "shared-grid2-4"});
    train(member, groups, options, Quarters(60, 1));
    const std::size_t values = member.graph.values.size();
    options.training.seed = 1;
    train(member, groups, options, Quarters(60, 1));
    CHECK(member.exits.heads.size() == 4 + 2 + 4);
    CHECK(member.graph.values.size() == values);
}

TEST_CASE("images that cannot be read are left out; none left is an error") {
    const TempFolder folder;
    Member member = make_member();
    TrainExitsOptions options = quick_options(folder);
    options.training.epochs = 1;
    const auto heads = all_plans(member, {"linear"});
    CHECK(train(member, heads, options, Quarters(30, 1, true)).missing == 10);
    CHECK_THROWS_WITH_AS(train(member, heads, options, Quarters(1, 1, true)), doctest::Contains("unreadable"),
                         Error);
}
