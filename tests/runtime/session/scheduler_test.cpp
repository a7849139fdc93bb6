// Covers request_batch, runtime/core/time_source, runtime/include/dyce/scheduler.
// Requests from many threads, while the configuration changes: every answer is the one its configuration
// gives when nothing else runs.
#include "tests/runtime/session/exit_model.h"
#include "tests/support/answers.h"
#include "tests/support/check_throws.h"

#include <dyce/dyce.h>

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <set>
#include <string>
#include <thread>

using namespace dyce;
using namespace dyce::test;

namespace {

// The plain loops start no thread that a sanitizer cannot see.
SchedulerOptions plain(int workers = 1) {
    SchedulerOptions options;
    options.workers = workers;
    options.threads = 1;
    options.max_batch = 4;
    options.max_wait_ms = 0;
    options.reference_kernels = true;
    return options;
}

// What every configuration of the set, and "off", answers to every image.
struct Offline {
    Model model = exit_model();
    ConfigurationSet set = exit_set();
    std::vector<Image> images = noise_images(40);
    std::map<std::string, std::vector<Prediction>> answers;

    Offline() {
        Session session(model, {.threads = 1, .reference_kernels = true});
        answers["off"] = session.classify(images);
        for (const Configuration& c : set.contents().configurations) {
            session.set_configuration(c);
            answers[c.name] = session.classify(images);
        }
    }

    bool matches(const Prediction& answer, std::size_t image) const {
        return same_answer(answer, answers.at(answer.configuration)[image]);
    }
};

}  // namespace

TEST_CASE("scheduler: the test model tells its configurations apart") {
    const Offline offline;
    std::set<std::vector<int>> ways;
    for (const auto& [name, answers] : offline.answers) {
        std::vector<int> sites;
        for (const Prediction& answer : answers) sites.push_back(answer.exit_site);
        ways.insert(sites);
    }
    CHECK(ways.size() == 5);  // "off" and c4 are the same
}

TEST_CASE("scheduler: answers are those of a session, whatever batch they were in") {
    const Offline offline;
    for (const int workers : {1, 3}) {
        Scheduler scheduler(offline.model, plain(workers));
        for (const char* name : {"off", "c0", "c1", "c2", "c3", "c4"}) {
            CAPTURE(name);
            std::uint64_t generation = 0;
            if (name != std::string("off")) generation = scheduler.set_configuration(offline.set.at(name));
            CHECK(scheduler.configuration().name == name);
            std::vector<std::future<Prediction>> answers;
            for (const Image& image : offline.images) answers.push_back(scheduler.submit(image));
            for (std::size_t i = 0; i < answers.size(); ++i) {
                const Prediction answer = answers[i].get();
                CHECK(answer.configuration == name);
                CHECK(answer.generation == generation);
                CHECK(offline.matches(answer, i));
                CHECK(answer.latency_us > 0);
            }
        }
    }
}

TEST_CASE("scheduler: a request may bring its own configuration and number of classes") {
    const Offline offline;
    Scheduler scheduler(offline.model, offline.set, plain());
    std::vector<std::future<Prediction>> answers;
    for (std::size_t i = 0; i < offline.images.size(); ++i) {
        ClassifyOptions options;
        options.topk = i % 2 == 0 ? 5 : 2;
        if (i % 3 != 0) options.configuration = offline.set.at(i % 3 == 1 ? "c0" : "c2");
        answers.push_back(scheduler.submit(offline.images[i], options));
    }
    for (std::size_t i = 0; i < answers.size(); ++i) {
        Prediction answer = answers[i].get();
        CHECK(answer.configuration == (i % 3 == 0   ? scheduler.configuration().name
                                       : i % 3 == 1 ? "c0"
                                                    : "c2"));
        const Prediction& expected = offline.answers.at(answer.configuration)[i];
        CHECK(answer.index.size() == (i % 2 == 0 ? 5 : 2));
        CHECK(answer.index[0] == expected.index[0]);
        CHECK(answer.exit_site == expected.exit_site);
    }
}

TEST_CASE("scheduler: why a request was not computed has codes of its own, which never change") {
    CHECK(static_cast<int>(ErrorCode::kOverloaded) == 100);
    CHECK(static_cast<int>(ErrorCode::kCancelled) == 101);
    CHECK(static_cast<int>(ErrorCode::kUnavailable) == 102);
    CHECK(static_cast<int>(ErrorCode::kExpired) == 103);
}

TEST_CASE("scheduler: overload is refused, and everything accepted is answered") {
    const Offline offline;
    auto options = plain();
    options.max_queue = 3;
    options.max_wait_ms = 60'000;  // a batch of 4 never fills
    Scheduler scheduler(offline.model, options);
    std::vector<std::future<Prediction>> answers;
    for (int i = 0; i < 3; ++i)
        answers.push_back(scheduler.submit(offline.images[static_cast<std::size_t>(i)]));
    check_throws([&] { scheduler.submit(offline.images[3]); }, ErrorCode::kOverloaded,
                 "refused: 3 requests are waiting");
    SchedulerReport report = scheduler.report();
    CHECK(report.submitted == 4);
    CHECK(report.refused == 1);
    CHECK(report.queued == 3);
    CHECK_FALSE(report.p95_us.has_value());
    scheduler.stop();
    for (std::size_t i = 0; i < 3; ++i) CHECK(offline.matches(answers[i].get(), i));
    report = scheduler.report();
    CHECK(report.answered == 3);
    CHECK(report.queued == 0);
}

TEST_CASE("scheduler: stopped, it takes nothing more; destroyed, it leaves nobody waiting") {
    const Offline offline;
    Scheduler scheduler(offline.model, plain(2));
    scheduler.stop();
    scheduler.stop();
    check_throws([&] { scheduler.submit(offline.images[0]); }, ErrorCode::kCancelled, "was stopped");
    std::vector<std::future<Prediction>> answers;
    {
        Scheduler busy(offline.model, plain(2));
        for (const Image& image : offline.images) answers.push_back(busy.submit(image));
    }
    for (std::size_t i = 0; i < answers.size(); ++i) CHECK(offline.matches(answers[i].get(), i));
}

TEST_CASE("scheduler: a request whose deadline passed is not computed, its batch mates are as always") {
    const Offline offline;
    auto options = plain();
    options.max_wait_ms = 60'000;
    Scheduler scheduler(offline.model, options);
    ClassifyOptions late, in_time;
    late.deadline_ms = 1e-6;
    in_time.deadline_ms = 1e9;
    std::vector<std::future<Prediction>> answers;
    for (std::size_t i = 0; i < 3; ++i)
        answers.push_back(scheduler.submit(offline.images[i], i == 1 ? in_time : ClassifyOptions{}));
    answers.push_back(scheduler.submit(offline.images[3], late));  // now the batch is full
    for (std::size_t i = 0; i < 3; ++i) CHECK(offline.matches(answers[i].get(), i));
    check_throws([&] { answers[3].get(); }, ErrorCode::kExpired, "the deadline passed");
    scheduler.stop();
    const SchedulerReport report = scheduler.report();
    CHECK(report.submitted == 4);
    CHECK(report.answered == 3);
    CHECK(report.expired == 1);
    CHECK(report.refused == 0);
    CHECK(report.late == 0);
}

TEST_CASE("scheduler: late requests alone make no batch, and the worker goes on") {
    const Offline offline;
    Scheduler scheduler(offline.model, plain());
    ClassifyOptions late;
    late.deadline_ms = 1e-6;
    for (int round = 0; round < 3; ++round) {
        check_throws([&] { scheduler.submit(offline.images[0], late).get(); }, ErrorCode::kExpired,
                     "deadline");
        CHECK(offline.matches(scheduler.submit(offline.images[1]).get(), 1));
    }
    scheduler.stop();
    CHECK(scheduler.report().expired == 3);
    CHECK(scheduler.report().answered == 3);
}

TEST_CASE("scheduler: an answer below the policy's floor counts as late") {
    const Offline offline;
    auto options = plain();
    options.policy = MeetDeadlines{0.79};  // c2 and better
    Scheduler scheduler(offline.model, offline.set, options);
    ClassifyOptions own;
    for (const char* name : {"c0", "c1", "c2", "c4"}) {
        own.configuration = offline.set.at(name);
        const Prediction answer = scheduler.submit(offline.images[0], own).get();
        CHECK(answer.configuration == name);
        CHECK_FALSE(answer.late);
    }
    scheduler.submit(offline.images[0]).get();
    scheduler.stop();
    CHECK(scheduler.report().answered == 5);
    CHECK(scheduler.report().late == 2);
}

TEST_CASE("scheduler: an image that cannot be prepared fails alone") {
    const Offline offline;
    Scheduler scheduler(offline.model, plain());
    auto good = scheduler.submit(offline.images[0]);
    auto bad = scheduler.submit(noise_images(1, 9)[0]);
    CHECK(offline.matches(good.get(), 0));
    CHECK(bad.get().error.find("9x9") != std::string::npos);
}

TEST_CASE("scheduler: what is not for this model is refused, and the old configuration stays") {
    const Offline offline;
    Scheduler scheduler(offline.model, offline.set, plain());
    const std::string before = scheduler.configuration().name;
    Configuration foreign = offline.set.at("c0");
    foreign.model_digest = std::string(32, 'f');
    check_throws([&] { scheduler.set_configuration(foreign); }, ErrorCode::kUsage, "made for the model");
    Configuration unknown;
    unknown.exits = {{0, "mlp", 0.5}};
    check_throws([&] { scheduler.set_configuration(unknown); }, ErrorCode::kUsage, "\"mlp\"");
    ClassifyOptions options;
    options.configuration = unknown;
    check_throws([&] { scheduler.submit(offline.images[0], options); }, ErrorCode::kUsage, "\"mlp\"");
    CHECK(scheduler.configuration().name == before);
    CHECK(scheduler.report().submitted == 0);

    auto contents = offline.set.contents();
    contents.model_digest = std::string(32, 'f');
    const ConfigurationSet others(contents);
    check_throws([&] { Scheduler(offline.model, others, plain()); }, ErrorCode::kUsage, "made for the model");
}

TEST_CASE("scheduler: options out of range are refused") {
    const Offline offline;
    const auto check = [&](const char* piece, auto change) {
        SchedulerOptions options = plain();
        change(options);
        check_throws([&] { Scheduler(offline.model, offline.set, options); }, ErrorCode::kUsage, piece);
    };
    check("workers", [](auto& o) { o.workers = 0; });
    check("workers", [](auto& o) { o.workers = 1'000'000; });
    check("threads", [](auto& o) { o.threads = -1; });
    check("batch", [](auto& o) { o.max_batch = 0; });
    check("max_wait_ms", [](auto& o) { o.max_wait_ms = -1; });
    check("max_queue", [](auto& o) { o.max_queue = 0; });
    check("window_s", [](auto& o) { o.window_s = 0; });
    check("p95_us", [](auto& o) { o.policy = LatencyTarget{-1}; });
    check("meter", [](auto& o) { o.policy = PowerBudget{10}; });
    check("fastest", [](auto& o) { o.configuration = "fastst"; });
    SchedulerOptions options = plain();
    options.policy = KeepUp{};
    check_throws([&] { Scheduler(offline.model, options); }, ErrorCode::kUsage, "set");
    Scheduler steered(offline.model, offline.set, options);
    check_throws([&] { steered.set_configuration(offline.set.at("c0")); }, ErrorCode::kUsage, "policy");
}

TEST_CASE("scheduler: a policy steers, and its floor holds") {
    const Offline offline;
    struct Row {
        const char* start;
        Policy policy;
        const char* end;
    };
    const Row rows[] = {
        {"c4", LatencyTarget{1e-3}, "c0"},        // nothing is that fast
        {"c4", LatencyTarget{1e-3, 0.79}, "c2"},  // but this is accurate enough
        {"c0", LatencyTarget{1e12}, "c4"},       {"c4", KeepUp{1e-9}, "c0"},
        {"c3", KeepConfiguration{}, "c3"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.end);
        auto options = plain();
        options.configuration = row.start;
        options.policy = row.policy;
        options.window_s = 1e-6;
        Scheduler scheduler(offline.model, offline.set, options);
        for (int round = 0; round < 20; ++round) {
            std::vector<std::future<Prediction>> answers;
            for (const Image& image : offline.images) answers.push_back(scheduler.submit(image));
            for (std::size_t i = 0; i < answers.size(); ++i) CHECK(offline.matches(answers[i].get(), i));
        }
        CHECK(scheduler.configuration().name == row.end);
        scheduler.stop();
        const SchedulerReport report = scheduler.report();
        CHECK(report.answered == 20 * offline.images.size());
        CHECK((report.switches > 0) == (row.start != std::string(row.end)));
        REQUIRE(report.p95_us.has_value());
        CHECK(*report.p95_us > 0);
        CHECK(*report.busy > 0);
        CHECK(report.exit_share.size() == 5);
        CHECK_FALSE(report.watts.has_value());
    }
}

TEST_CASE("scheduler: deadlines choose the configuration of each batch") {
    const Offline offline;
    auto options = plain();
    options.policy = MeetDeadlines{};
    Scheduler scheduler(offline.model, offline.set, options);
    CHECK(scheduler.submit(offline.images[0]).get().configuration == "c0");  // nothing is known yet
    Prediction answer;
    for (int i = 0; i < 50; ++i) answer = scheduler.submit(offline.images[0]).get();
    CHECK(answer.configuration == "c4");  // there is time
    CHECK(offline.matches(answer, 0));
    ClassifyOptions late;
    late.deadline_ms = 1e-6;
    check_throws([&] { scheduler.submit(offline.images[0], late).get(); }, ErrorCode::kExpired, "deadline");
}

TEST_CASE("scheduler: under constant switching each answer is that of the configuration it names") {
    constexpr int kSubmitters = 4, kSwitchers = 2, kRounds = 20;
    const Offline offline;
    auto options = plain(3);
    options.max_queue = 64;
    Scheduler scheduler(offline.model, offline.set, options);
    std::atomic<int> wrong{0}, answered{0}, refused{0};
    std::atomic<std::uint64_t> switches{0};
    std::atomic<bool> done{false};
    std::mutex names_mutex;
    std::set<std::string> names;

    std::vector<std::thread> switchers, submitters;
    for (int t = 0; t < kSwitchers; ++t)
        switchers.emplace_back([&, t] {
            const auto& configurations = offline.set.contents().configurations;
            for (std::size_t k = static_cast<std::size_t>(t); !done; ++k, ++switches)
                scheduler.set_configuration(configurations[k % configurations.size()]);
        });
    for (int t = 0; t < kSubmitters; ++t)
        submitters.emplace_back([&] {
            std::set<std::string> seen;
            for (int round = 0; round < kRounds; ++round) {
                std::vector<std::pair<std::size_t, std::future<Prediction>>> answers;
                for (std::size_t i = 0; i < offline.images.size(); ++i) try {
                        answers.emplace_back(i, scheduler.submit(offline.images[i]));
                    } catch (const Error& error) {
                        error.code() == ErrorCode::kOverloaded ? ++refused : ++wrong;
                    }
                for (auto& [image, future] : answers) {
                    const Prediction answer = future.get();
                    seen.insert(answer.configuration);
                    if (!offline.matches(answer, image)) ++wrong;
                    ++answered;
                }
            }
            const std::lock_guard lock(names_mutex);
            names.merge(seen);
        });
    for (auto& thread : submitters) thread.join();
    done = true;
    for (auto& thread : switchers) thread.join();
    scheduler.stop();
    CHECK(wrong == 0);
    CHECK(answered + refused == kSubmitters * kRounds * static_cast<int>(offline.images.size()));
    CHECK(names.size() > 1);
    CHECK(switches > 100);
    const SchedulerReport report = scheduler.report();
    CHECK(report.answered == static_cast<std::uint64_t>(answered));
    CHECK(report.refused == static_cast<std::uint64_t>(refused));
    MESSAGE(answered.load() << " answers, " << refused.load() << " refused, " << switches.load()
                            << " switches");
}
