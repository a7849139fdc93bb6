// Members over the same tensors, each with its own tau: one of them alone is a configuration, switched live.
#include "tests/loaders/format/gated_model.h"
#include "tests/support/support.h"

#include <dyce/scheduler.h>
#include <dyce/session.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

using namespace dyce;
using namespace dyce::test;

namespace {

const std::vector<double> kTaus = {0.7, 0.4, 0};

// What only that member computes; nothing of the last one, which answers anyway.
Configuration only_member(std::size_t member, std::size_t members, int sites) {
    Configuration configuration;
    configuration.name = "member " + std::to_string(member);
    const int classifier = static_cast<int>(member + 1) * (sites + 1) - 1;
    if (member + 1 < members) configuration.exits = {{classifier, "classifier", -1}};
    return configuration;
}

// Prepared already.
std::vector<Sample> varied_samples(int count) {
    std::vector<Sample> samples;
    for (const std::vector<float>& image : varied_images(count)) {
        Tensor one(DataType::kFloat32, {3, 8, 8});
        std::ranges::copy(image, one.mutable_data<float>());
        samples.emplace_back(one);
    }
    return samples;
}

}  // namespace

TEST_CASE("variants: each member alone answers as the model that it was made of, switched live") {
    const TempFolder folder;
    save_model(folder / "m.safetensors", gated_model(kTaus));
    Session session(Model::load(folder / "m.safetensors"), {.threads = 2, .max_batch = 8});
    const std::vector<Sample> images = varied_samples(24);
    std::set<std::vector<int>> paths;
    std::vector<std::vector<Prediction>> expected;
    for (const double tau : kTaus) {
        save_model(folder / "one.safetensors", gated_model({tau}));
        Session alone(Model::load(folder / "one.safetensors"), {.threads = 2, .max_batch = 8});
        expected.push_back(alone.classify(images));
    }
    for (int round = 0; round < 2; ++round)
        for (std::size_t m = 0; m < kTaus.size(); ++m) {
            session.set_configuration(only_member(m, kTaus.size(), 4));
            const auto answers = session.classify(images);
            for (std::size_t i = 0; i < images.size(); ++i) {
                CHECK(answers[i].prob == expected[m][i].prob);
                CHECK(answers[i].index == expected[m][i].index);
                CHECK(answers[i].macs == expected[m][i].macs);
                CHECK(answers[i].member == static_cast<int>(m));
                std::vector<int> own = answers[i].skipped;
                for (int& site : own) site -= static_cast<int>(m) * 5;
                CHECK(own == expected[m][i].skipped);
                paths.insert(answers[i].skipped);
            }
        }
    CHECK(paths.size() > 4);
    CHECK(expected[0][0].macs < expected[2][0].macs);
}

TEST_CASE("variants: sessions and schedulers tell what gates decided") {
    const TempFolder folder;
    save_model(folder / "m.safetensors", gated_model({0.5}));
    const Model model = Model::load(folder / "m.safetensors");
    const std::vector<Sample> images = varied_samples(40);
    Session session(model, {.threads = 1, .max_batch = 16});
    for (const GateCount& gate : session.gates()) CHECK(gate.asked == 0);
    std::vector<std::uint64_t> skipped(5);
    for (const Prediction& answer : session.classify(images))
        for (const int site : answer.skipped) ++skipped[static_cast<std::size_t>(site)];
    const auto check = [&](const std::vector<GateCount>& gates) {
        REQUIRE(gates.size() == 3);
        for (std::size_t site = 0; site < 3; ++site) {
            CHECK(gates[site].site == static_cast<int>(site));
            CHECK(gates[site].asked == 40);
            CHECK(gates[site].opened == 40 - skipped[site + 1]);
        }
    };
    check(session.gates());

    SchedulerOptions options;
    options.engine.threads = 1;
    options.window_s = 1e-9;  // 20 answers close one
    Scheduler scheduler(model, options);
    std::vector<std::future<Prediction>> answers;
    for (const Sample& image : images) answers.push_back(scheduler.submit(image));
    for (auto& answer : answers) answer.get();
    scheduler.stop();
    std::uint64_t asked = 0;
    for (const GateCount& gate : scheduler.report().gates) asked += gate.asked;
    CHECK(asked > 0);
    CHECK(asked % 3 == 0);  // without exits each image meets each gate
    save_model(folder / "plain.safetensors", tiny_model());
    CHECK(Session(Model::load(folder / "plain.safetensors")).gates().empty());
}
