#include "runtime/session/model_access.h"
#include "tests/runtime/session/model_of.h"
#include "tests/support/answers.h"
#include "tests/support/images.h"

#include <dyce/error.h>
#include <dyce/session.h>

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <thread>

using namespace dyce;
using test::model_of;
using test::random_images;
using test::same_answer;

namespace {

Configuration configuration(const std::string& name, std::vector<EnabledExit> exits) {
    Configuration result;
    result.name = name;
    result.exits = std::move(exits);
    return result;
}

// Sanitizers slow everything down; the plain loops are what ThreadSanitizer can see through.
#if defined(__SANITIZE_THREAD__)
constexpr int kSwitches = 100'000, kAnswers = 10'000;
constexpr bool kReferenceKernels = true;
#elif defined(__SANITIZE_ADDRESS__)
constexpr int kSwitches = 100'000, kAnswers = 10'000;
constexpr bool kReferenceKernels = false;
#else
constexpr int kSwitches = 1'000'000, kAnswers = 100'000;
constexpr bool kReferenceKernels = false;
#endif

}  // namespace

TEST_CASE("session: answers name member, exit, cost and configuration") {
    const auto data = model_of({2, 3});
    const Member &small = data->members[0], &big = data->members[1];
    Session session(ModelAccess::make(data), {.threads = 1, .max_batch = 4});
    const auto images = random_images(6, 8);
    for (const Prediction& p : session.classify(images)) {
        CHECK(p.exit_site == 6);  // sites 0 1, classifier 2, sites 3 4 5
        CHECK(p.exit_type == "final");
        CHECK(p.member == 1);
        CHECK(p.macs == big.macs);  // the small one did not run
        CHECK(p.configuration == "off");
        CHECK(p.generation == 0);
        CHECK(p.score == p.prob[0]);
    }
    CHECK(session.set_configuration(configuration("first", {{1, "exit1", -1}})) == 1);
    for (const Prediction& p : session.classify(images)) {
        CHECK(p.exit_site == 1);
        CHECK(p.member == 0);
        CHECK(p.macs == small.exits.sites[1].macs + 40);
        CHECK(p.configuration == "first");
        CHECK(p.generation == 1);
    }
    session.set_configuration(configuration("classifier", {{1, "quad1", 2}, {2, "classifier", -1}}));
    for (const Prediction& p : session.classify(images)) {
        CHECK(p.exit_site == 2);
        CHECK(p.exit_type == "classifier");
        CHECK(p.macs == small.macs + 160);
    }
    session.set_configuration(configuration("through", {{0, "exit0", 2}, {4, "quad1", -1}}));
    for (const Prediction& p : session.classify(images)) {
        CHECK(p.exit_site == 4);
        CHECK(p.member == 1);
        CHECK(p.macs == small.macs + 40 + big.exits.sites[1].macs + 160);
    }
}

TEST_CASE("session: a request may bring its own configuration and a deadline") {
    Session session(ModelAccess::make(model_of({3})), configuration("never", {{0, "exit0", 2}}),
                    {.threads = 1});
    const auto images = random_images(2, 8);
    ClassifyOptions options;
    options.configuration = configuration("own", {{1, "quad1", -1}});
    const Prediction own = session.classify(images[0], options);
    CHECK(own.exit_site == 1);
    CHECK(own.configuration == "own");
    CHECK(session.classify(images[0]).configuration == "never");
    options.configuration.reset();
    options.deadline_ms = 1e-6;  // over before the first site
    const Prediction late = session.classify(images[0], options);
    CHECK(late.exit_site == 0);
    CHECK(late.exit_type == "exit0");
    CHECK(late.late);
    CHECK(late.error.empty());  // a call is always computed
    options.deadline_ms = 1e9;
    CHECK_FALSE(session.classify(images[0], options).late);
    CHECK_FALSE(session.classify(images[0]).late);
}

TEST_CASE("session: where no exit is on, a late answer comes from the head that the set thinks most of") {
    const auto model = model_of({3});
    ConfigurationSet::Contents contents;
    contents.model_digest = model->digest;
    contents.preprocess_digest = model->preprocess_digest;
    contents.base = {0.9, 1000, 1000};
    const auto add = [&](const char* name, std::vector<EnabledExit> exits, double accuracy) {
        Configuration c = configuration(name, std::move(exits));
        c.accuracy = c.accuracy_low = accuracy;
        c.cost = c.macs = 100.0 * static_cast<double>(contents.configurations.size() + 1);
        c.relative_cost = c.relative_macs = c.cost / 1000;
        contents.configurations.push_back(c);
    };
    add("cheap", {{0, "exit0", 0.5}}, 0.6);
    add("good", {{0, "quad0", 0.9}, {1, "quad1", 0.5}}, 0.8);
    add("best", {{2, "exit2", 0.9}}, 0.9);
    const ConfigurationSet set(contents);
    const auto& known = *set.at("best").best_heads;
    REQUIRE(known.heads.size() == 3);
    CHECK(known.heads[0].type == "quad0");
    CHECK(known.heads[1].type == "quad1");
    CHECK(known.heads[2].type == "exit2");
    CHECK(known.elsewhere == "exit2");  // each is the best at one site: the one that sorts first

    ClassifyOptions hurry;
    hurry.deadline_ms = 1e-6;
    const auto image = random_images(1, 8)[0];
    const auto type_of = [&](const Model& m, const Configuration& c) {
        return Session(m, c, {.threads = 1}).classify(image, hurry).exit_type;
    };
    const Model plain = ModelAccess::make(model);
    CHECK(type_of(plain, set.at("cheap")) == "exit0");  // it is on
    CHECK(type_of(plain, set.at("best")) == "quad0");
    CHECK(type_of(plain, configuration("unknown", {})) == "exit0");
    const auto with_set = model_of({3});
    with_set->configurations = set;
    CHECK(type_of(ModelAccess::make(with_set), configuration("unknown", {})) == "quad0");
}

TEST_CASE("session: a configuration that does not fit is refused and the old one stays") {
    Session session(ModelAccess::make(model_of({2})), configuration("old", {{0, "exit0", -1}}),
                    {.threads = 1});
    const auto refused = [&](Configuration bad, const char* piece) {
        CHECK_THROWS_WITH_AS(session.set_configuration(bad), doctest::Contains(piece), Error);
        CHECK(session.classify(random_images(1, 8)[0]).configuration == "old");
        CHECK(session.classify(random_images(1, 8)[0]).generation == 1);
    };
    refused(configuration("bad", {{7, "exit0", 0}}), "exit site 7, the model has 2");
    refused(configuration("bad", {{0, "linear", 0}}), "no head of type \"linear\"");
    Configuration foreign = configuration("foreign", {});
    foreign.model_digest = std::string(32, 'a');
    refused(foreign, "was made for the model aaaa");
    foreign.model_digest.clear();
    foreign.preprocess_digest = std::string(32, 'b');
    refused(foreign, "was made for the preprocessing bbbb");
    foreign.preprocess_digest.clear();
    foreign.precision = "int8";
    refused(foreign, "was made for precision int8");
}

TEST_CASE("session: under constant switching each answer is the offline answer of the one it names") {
    const Model model = ModelAccess::make(model_of({2, 3}));
    const std::vector<Configuration> configurations = {
        configuration("off2", {}),
        configuration("all", {{0, "exit0", 0.5}, {1, "quad1", 0.6}, {3, "exit0", 0.7}, {5, "exit2", 0.8}}),
        configuration("small", {{0, "quad0", 0.4}, {2, "classifier", -1}}),
        configuration("mixed", {{1, "exit1", 0.9}, {4, "quad1", 0.3}})};
    const auto images = random_images(16, 8);
    const SessionOptions options{.threads = 1, .max_batch = 4, .reference_kernels = kReferenceKernels};
    std::map<std::string, std::vector<Prediction>> offline;
    for (const Configuration& c : configurations)
        offline[c.name] = Session(model, c, options).classify(images);

    Session session(model, configurations[0], options);
    std::atomic<int> switches{0};
    std::atomic<std::int64_t> answers{0}, wrong{0}, backwards{0};
    const auto is_done = [&] { return switches >= kSwitches && answers >= kAnswers; };
    std::vector<std::thread> threads;
    for (int t = 0; t < 2; ++t)
        threads.emplace_back([&, t] {
            for (int i = t; !is_done(); ++i) {
                session.set_configuration(configurations[static_cast<std::size_t>(i) % 4]);
                ++switches;
            }
        });
    for (int t = 0; t < 4; ++t)
        threads.emplace_back([&] {
            std::uint64_t generation = 0;
            while (!is_done()) {
                const auto predictions = session.classify(images);
                for (std::size_t i = 0; i < images.size(); ++i) {
                    if (!same_answer(predictions[i], offline.at(predictions[i].configuration)[i])) ++wrong;
                    if (predictions[i].generation < generation) ++backwards;
                    generation = predictions[i].generation;
                    ++answers;
                }
            }
        });
    for (std::thread& thread : threads) thread.join();
    MESSAGE(switches.load(), " switches, ", answers.load(), " answers");
    CHECK(wrong == 0);
    CHECK(backwards == 0);
}
