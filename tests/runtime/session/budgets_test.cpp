// Budgets that callers ask for: of a session's call, of each request of a scheduler, and those that are refused.
#include "runtime/session/model_access.h"
#include "tests/runtime/session/model_of.h"
#include "tests/support/check_throws.h"
#include "tests/support/images.h"

#include <dyce/dyce.h>

#include <doctest/doctest.h>

#include <future>
#include <limits>
#include <string>
#include <vector>

using namespace dyce;
using namespace dyce::test;

namespace {

// Of three blocks, by hand: 3x3 convolutions on 8x8 pixels, 3 to 8 channels once and 8 to 8 twice a block; heads
// "exit" of 8 inputs and "quad" of 32.
constexpr std::int64_t kSites[] = {576 * (24 + 128), 576 * (24 + 2 * 128), 576 * (24 + 3 * 128)};
constexpr std::int64_t kExitHead = 40, kQuadHead = 160, kWhole = kSites[2] + 40;

EngineOptions plain_engine() { return {.threads = 1, .max_batch = 4, .reference_kernels = true}; }

ClassifyOptions with_macs(std::int64_t macs) {
    ClassifyOptions options;
    options.budget_macs = macs;
    return options;
}

Configuration never(const std::string& type, int site) {
    Configuration configuration;
    configuration.name = "never";
    configuration.exits = {{site, type + std::to_string(site), 2.0}};
    return configuration;
}

// Stages take 1, 2 and 4 ms and the last one 8, heads a half.
StageCosts some_times() {
    StageCosts times;
    for (int site = 0; site < 3; ++site)
        times.stages.push_back(
            {site,
             static_cast<double>(1 << site),
             {{"exit" + std::to_string(site), 0.5}, {"quad" + std::to_string(site), 0.5}}});
    times.stages.push_back({3, 8, {{"final", 0}}});
    return times;
}

}  // namespace

TEST_CASE("budgets: a call's images go as far as it pays") {
    Session session(ModelAccess::make(model_of({3})), plain_engine());
    const auto images = random_images(6, 8);
    struct Row {
        std::int64_t macs;
        int site;
        std::int64_t paid;
    };
    for (const Row& row : {Row{kSites[0] + kExitHead, 0, kSites[0] + kExitHead},
                           {kSites[1] + kExitHead - 1, 0, kSites[0] + kExitHead},
                           {kSites[1] + kExitHead, 1, kSites[1] + kExitHead},
                           {kWhole - 1, 1, kSites[1] + kExitHead},
                           {kWhole, 3, kWhole},
                           {std::numeric_limits<std::int64_t>::max(), 3, kWhole},
                           {0, 3, kWhole}})
        for (const Prediction& answer : session.classify(images, with_macs(row.macs))) {
            CAPTURE(row.macs);
            CHECK(answer.exit_site == row.site);
            CHECK(answer.macs == row.paid);
            CHECK(answer.cut == (row.site == 3 ? Cut::kNone : Cut::kBudget));
            CHECK_FALSE(answer.late);
        }
    // A head that is on is paid, and answers.
    session.set_configuration(never("quad", 0));
    const Prediction answer = session.classify(images[0], with_macs(kSites[1] + kExitHead + kQuadHead - 1));
    CHECK(answer.exit_type == "quad0");
    CHECK(answer.macs == kSites[0] + kQuadHead);
}

TEST_CASE(
    "budgets: too little for any answer is refused before anything is computed, with the least there is") {
    Session session(ModelAccess::make(model_of({2, 3})), plain_engine());
    const auto images = random_images(2, 8);
    const std::string least = std::to_string(kSites[0] + kExitHead);
    const auto options = with_macs(kSites[0] + kExitHead - 1);
    for (const std::string& piece : {std::to_string(kSites[0] + kExitHead - 1) + " given",
                                     "the first answer takes " + least, std::string("configuration off")}) {
        check_throws([&] { session.classify(images, options); }, ErrorCode::kUsage, piece, "budget_macs");
        check_throws([&] { session.classify(std::vector<Image>(), options); }, ErrorCode::kUsage, piece);
        check_throws([&] { session.classify(images[0], options); }, ErrorCode::kUsage, piece);
    }
    // With a configuration of its own, and after a switch.
    ClassifyOptions own = with_macs(kSites[0] + kQuadHead - 1);
    own.configuration = never("quad", 0);
    check_throws([&] { session.classify(images, own); }, ErrorCode::kUsage,
                 std::to_string(kSites[0] + kQuadHead));
    session.set_configuration(never("quad", 0));
    check_throws([&] { session.classify(images, with_macs(kSites[0] + kExitHead)); }, ErrorCode::kUsage,
                 "configuration never");
    check_throws([&] { session.classify(images, with_macs(-1)); }, ErrorCode::kUsage, "-1 given",
                 "budget_macs");
}

TEST_CASE("budgets: milliseconds are those of a table") {
    const Model model = ModelAccess::make(model_of({3}));
    const auto images = random_images(3, 8);
    EngineOptions engine = plain_engine();
    engine.stage_ms = some_times();
    Session session(model, engine);
    struct Row {
        double ms;
        std::int64_t macs;
        int site;
    };
    for (const Row& row : {Row{1.5, 0, 0},
                           {3.25, 0, 0},
                           {3.5, 0, 1},
                           {14.75, 0, 2},
                           {15, 0, 3},
                           {15, kSites[1] + kExitHead, 1},
                           {3.25, kWhole, 0}}) {
        CAPTURE(row.ms);
        ClassifyOptions options = with_macs(row.macs);
        options.budget_ms = row.ms;
        for (const Prediction& answer : session.classify(images, options)) {
            CHECK(answer.exit_site == row.site);
            CHECK(answer.cut == (row.site == 3 ? Cut::kNone : Cut::kBudget));
        }
    }
    const auto refused = [&](Session& by, double ms, const std::string& piece) {
        ClassifyOptions options;
        options.budget_ms = ms;
        check_throws([&] { by.classify(images, options); }, ErrorCode::kUsage, piece, "budget_ms");
    };
    refused(session, 1.25, "1.250000 given, but with configuration off the first answer takes 1.500000");
    refused(session, -1, "-1.0");
    refused(session, std::numeric_limits<double>::quiet_NaN(), "nan");
    refused(session, std::numeric_limits<double>::infinity(), "inf");
    Session untold(model, plain_engine());
    refused(untold, 5, "needs stage_ms");
    engine.stage_ms.stages.pop_back();
    check_throws([&] { Session(model, engine); }, ErrorCode::kUsage, "site 3 is missing", "stage_ms");
}

TEST_CASE("budgets: each request of a batch has its own, and its own error") {
    SchedulerOptions options;
    options.engine = plain_engine();
    options.engine.max_batch = 5;
    options.max_wait_ms = 60'000;  // a batch begins when it is full
    Scheduler scheduler(ModelAccess::make(model_of({3})), options);
    const auto image = random_images(1, 8)[0];
    ClassifyOptions own = with_macs(kSites[0] + kExitHead);  // not enough for the head that is on
    own.configuration = never("quad", 0);
    std::vector<std::future<Prediction>> answers;
    for (const ClassifyOptions& one :
         {with_macs(0), with_macs(kSites[0] + kExitHead), with_macs(kSites[0]), own, with_macs(kWhole - 1)})
        answers.push_back(scheduler.submit(image, one));
    CHECK(answers[0].get().exit_site == 3);
    const Prediction first = answers[1].get();
    CHECK(first.exit_site == 0);
    CHECK(first.cut == Cut::kBudget);
    check_throws([&] { answers[2].get(); }, ErrorCode::kUsage,
                 std::to_string(kSites[0]) + " given, but with configuration off the first answer takes " +
                     std::to_string(kSites[0] + kExitHead),
                 "budget_macs");
    check_throws([&] { answers[3].get(); }, ErrorCode::kUsage, "configuration never", "budget_macs");
    CHECK(answers[4].get().macs == kSites[1] + kExitHead);
    check_throws([&] { scheduler.submit(image, with_macs(-5)); }, ErrorCode::kUsage, "-5 given");
    // A whole batch of them, told to functions; the worker goes on.
    std::vector<std::promise<Reply>> told(5);
    for (auto& one : told)
        scheduler.submit(image, with_macs(1), [&one](Reply reply) { one.set_value(std::move(reply)); });
    for (auto& one : told) {
        const Reply reply = one.get_future().get();
        CHECK(std::get<Error>(reply).code() == ErrorCode::kUsage);
    }
    scheduler.set_configuration(never("quad", 0));
    for (int i = 0; i < 5; ++i)
        answers[static_cast<std::size_t>(i)] = scheduler.submit(image, with_macs(kWhole));
    for (auto& answer : answers) CHECK(answer.get().macs == kSites[1] + kQuadHead + kExitHead);
}
