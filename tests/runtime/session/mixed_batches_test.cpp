// Requests that bring configurations of their own are computed in one batch with others, and answer as when apart.
#include "tests/runtime/session/exit_model.h"

#include <dyce/dyce.h>

#include <doctest/doctest.h>

#include <future>
#include <map>
#include <string>
#include <vector>

using namespace dyce;
using namespace dyce::test;

namespace {

// A batch begins when it is full, and not before.
SchedulerOptions when_full(int batch) {
    SchedulerOptions options;
    options.threads = 1;
    options.max_batch = batch;
    options.max_wait_ms = 60'000;
    options.reference_kernels = true;
    return options;
}

ClassifyOptions own(const ConfigurationSet& set, const char* name, int topk = 5) {
    ClassifyOptions options;
    options.topk = topk;
    options.configuration = set.at(name);
    return options;
}

}  // namespace

TEST_CASE("mixed batches: every request has the answer of its own configuration") {
    const Model model = exit_model();
    const ConfigurationSet set = exit_set();
    const auto images = noise_images(6);
    Session session(model, {.threads = 1, .reference_kernels = true});
    Scheduler scheduler(model, when_full(6));
    const std::uint64_t generation = scheduler.set_configuration(set.at("c1"));
    const char* names[] = {"c0", "c2", nullptr, "c3", "c4", nullptr};
    std::vector<std::future<Prediction>> answers;
    for (std::size_t i = 0; i < images.size(); ++i) {
        const int topk = 1 + static_cast<int>(i % 5);
        ClassifyOptions options;
        options.topk = topk;
        answers.push_back(
            scheduler.submit(images[i], names[i] == nullptr ? options : own(set, names[i], topk)));
    }
    for (std::size_t i = 0; i < images.size(); ++i) {  // apart they would wait for others of their kind
        REQUIRE(answers[i].wait_for(std::chrono::seconds(30)) == std::future_status::ready);
        const Prediction answer = answers[i].get();
        const std::string name = names[i] == nullptr ? "c1" : names[i];
        const Prediction expected =
            session.classify(images[i], own(set, name.c_str(), 1 + static_cast<int>(i % 5)));
        CHECK(answer.configuration == name);
        CHECK(answer.generation == (names[i] == nullptr ? generation : 0));
        CHECK(answer.index == expected.index);
        CHECK(answer.prob == expected.prob);
        CHECK(answer.exit_site == expected.exit_site);
        CHECK(answer.exit_type == expected.exit_type);
        CHECK(answer.score == expected.score);
        CHECK(answer.macs == expected.macs);
    }
}

TEST_CASE("mixed batches: a policy still learns how long its configurations take") {
    const Model model = exit_model();
    const ConfigurationSet set = exit_set();
    const auto images = noise_images(2);
    auto options = when_full(2);
    options.policy = MeetDeadlines{};
    Scheduler scheduler(model, set, options);
    std::string governed;
    for (int round = 0; round < 50; ++round) {  // nobody has a deadline: the most accurate one fits
        auto other = scheduler.submit(images[0], own(set, "c0"));
        governed = scheduler.submit(images[1]).get().configuration;
        CHECK(other.get().configuration == "c0");
    }
    CHECK(governed == "c4");
}
