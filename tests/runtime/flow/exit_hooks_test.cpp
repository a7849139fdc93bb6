// Covers exit_batch.
// What a caller may do to rows on their way: take them back, and look at what lives at a site.
#include "graph/interpreter.h"
#include "tests/runtime/flow/member_nets.h"

#include <doctest/doctest.h>

#include <set>

using namespace dyce;
using namespace dyce::test;

namespace {

// Cancels each row of a list after it has been asked about so many times.
class Cancelling final : public ExitBatch {
public:
    Cancelling(std::span<const std::vector<float>> images, std::map<int, int> patience)
        : notes(images), patience_(std::move(patience)) {}
    void fill(int member, int row, std::span<float> image) override { notes.fill(member, row, image); }
    void exit(int row, const ExitAnswer& answer) override { notes.exit(row, answer); }
    bool is_cancelled(int row) const override {
        return patience_.contains(row) && asked_[row]++ >= patience_.at(row);
    }
    void drop(int row) override { CHECK(dropped.insert(row).second); }

    Notes notes;
    std::set<int> dropped;

private:
    std::map<int, int> patience_;
    mutable std::map<int, int> asked_;
};

// Notes what lives at one site.
class Watching final : public ExitBatch {
public:
    Watching(std::span<const std::vector<float>> images, int site) : notes(images), site_(site) {}
    void fill(int member, int row, std::span<float> image) override { notes.fill(member, row, image); }
    void exit(int row, const ExitAnswer& answer) override { notes.exit(row, answer); }
    bool wants_features(int site) const override {
        asked.insert(site);
        return site == site_;
    }
    void features(int row, int site, std::span<const ValueRows> values) override {
        CHECK(site == site_);
        CHECK(!notes.left.contains(row));
        for (const ValueRows& value : values) {
            CHECK(value.numbers.size() == value.value->size());
            seen[row].emplace_back(value.numbers.begin(), value.numbers.end());
        }
    }

    Notes notes;
    std::map<int, std::vector<std::vector<float>>> seen;
    mutable std::set<int> asked;

private:
    int site_;
};

ExitPlan plan_of(const std::vector<EnabledExit>& exits, const MemberNets& nets) {
    Configuration configuration;
    configuration.exits = exits;
    return make_exit_plan(configuration, nets.positions);
}

// A threshold that some rows exceed at the first site, by its head "exit0", and some do not.
double middle_score(ExitLoop& loop, const MemberNets& nets, const Images& images) {
    Notes notes(images);
    loop.run(plan_of({{0, "exit0", -1}}, nets), static_cast<int>(images.size()), notes);
    std::vector<float> scores;
    for (const auto& [row, left] : notes.left) scores.push_back(left.score);
    std::ranges::sort(scores);
    return scores[scores.size() / 2];
}

}  // namespace

TEST_CASE("cancelled rows go no further and have no answer, the others answer as always") {
    const MemberNets nets = cascade_nets();
    const Images images = noise(6);
    Observed observed;
    ExitLoop loop(
        observed_runners(local_stage_runners(nets.compile({.max_batch = 6, .threads = 2})), observed),
        nets.positions, 6);
    const ExitPlan plan =
        plan_of({{0, "exit0", middle_score(loop, nets, images)}, {2, "exit0", 2}, {4, "quad2", 2}}, nets);
    Notes all(images);
    loop.run(plan, 6, all);
    std::map<int, int> patience;  // one at once, the others one point later each
    for (const auto& [row, left] : all.left)
        if (left.position >= 2) patience[row] = static_cast<int>(patience.size());
    REQUIRE(patience.size() >= 2);
    Cancelling batch(images, patience);
    loop.run(plan, 6, batch);
    for (const auto& [row, left] : all.left) {
        CHECK(batch.dropped.contains(row) != batch.notes.left.contains(row));
        if (batch.notes.left.contains(row)) CHECK(batch.notes.left.at(row) == left);
        if (patience.contains(row) && patience.at(row) < 2) CHECK(batch.dropped.contains(row));
    }
    std::map<int, int> at_once;
    for (int row = 0; row < 6; ++row) at_once[row] = 0;
    observed.stages = 0;
    Cancelling none(images, at_once);
    loop.run(plan, 6, none);
    CHECK(none.dropped.size() == 6);
    CHECK(none.notes.left.empty());
    CHECK(observed.stages == 1);  // cancelled while the first stage ran
}

TEST_CASE(
    "features: what lives at a site is what the interpreter computes there, for each row that gets there") {
    const MemberNets nets({make_exit_net(3)});
    const Images images = noise(7);
    Graph whole = nets.nets[0].graph;
    for (ValueId id = 0; id < static_cast<ValueId>(whole.values.size()); ++id)
        if (whole.value(id).name == "block1") whole.outputs = {id};
    for (const int max_batch : {7, 3}) {  // at once, and chunk by chunk
        ExitLoop loop(local_stage_runners(
                          nets.compile({.max_batch = max_batch, .threads = 2, .reference_kernels = true})),
                      nets.positions, 7);
        const ExitPlan plan =
            plan_of({{0, "exit0", middle_score(loop, nets, images)}, {1, "exit1", -1}}, nets);
        Watching batch(images, 1);
        loop.run(plan, 7, batch);
        std::size_t gone = 0;
        for (const auto& [row, left] : batch.notes.left) gone += left.position == 0 ? 1 : 0;
        CHECK(gone > 0);
        CHECK(batch.seen.size() == images.size() - gone);
        CHECK(batch.asked == std::set<int>{0, 1});  // nobody got further
        for (const auto& [row, values] : batch.seen) {
            const auto outputs = interpret(whole, {as_tensor(images[static_cast<std::size_t>(row)])});
            REQUIRE(values.size() == 1);
            const float* expected = outputs[0].data<float>();
            CHECK(values[0] == std::vector<float>(expected, expected + outputs[0].elements()));
        }
    }
}

TEST_CASE("features: watched rows answer as others do, whatever the network computes in") {
    const Images images = noise(7);
    const MemberNets nets = cascade_nets();
    ExitLoop loop(local_stage_runners(nets.compile({.max_batch = 7, .threads = 2})), nets.positions, 7);
    const ExitPlan plan = plan_of({{0, "exit0", middle_score(loop, nets, images)}, {3, "quad1", 2}}, nets);
    Notes expected(images);
    loop.run(plan, 7, expected);
    for (const int site : {0, 2, 3, 4}) {
        Watching batch(images, site);
        loop.run(plan, 7, batch);
        CHECK(batch.notes.left == expected.left);
        CHECK(!batch.seen.empty());
        CHECK(batch.asked == std::set<int>{0, 2, 3, 4});  // but not the classifiers
    }
}
