// Covers replier, runtime/include/dyce/cancel.
// Answers that are told to a function, and requests that are taken back.
#include "tests/runtime/session/exit_model.h"

#include <dyce/dyce.h>

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>

using namespace dyce;
using namespace dyce::test;

namespace {

SchedulerOptions small_batches(double max_wait_ms = 0) {
    SchedulerOptions options;
    options.max_wait_ms = max_wait_ms;
    options.engine.threads = 1;
    options.engine.max_batch = 4;
    options.engine.reference_kernels = true;
    return options;
}

// Replies in the order in which they come; wait() gives them when there are `count`.
class Replies {
public:
    Completion completion() {
        return [this](Reply reply) {
            const std::lock_guard lock(mutex_);
            replies_.push_back(std::move(reply));
            threads_.push_back(std::this_thread::get_id());
            came_.notify_all();
        };
    }
    const std::vector<Reply>& wait(std::size_t count) {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [&] { return replies_.size() >= count; });
        return replies_;
    }
    const std::vector<std::thread::id>& threads() const { return threads_; }

private:
    std::mutex mutex_;
    std::condition_variable came_;
    std::vector<Reply> replies_;
    std::vector<std::thread::id> threads_;
};

ErrorCode code_of(const Reply& reply) {
    const auto* error = std::get_if<Error>(&reply);
    return error != nullptr ? error->code() : ErrorCode{};
}

template <class Action>
std::optional<ErrorCode> thrown_by(Action action) {
    try {
        action();
    } catch (const Error& error) {
        return error.code();
    }
    return {};
}

}  // namespace

TEST_CASE("completion: a function is told what a future would give, by a worker") {
    const auto images = noise_images(9);
    Scheduler scheduler(exit_model(), exit_set(), small_batches());
    for (const Image& image : images) {
        Replies replies;
        scheduler.submit(image, {}, replies.completion());
        const Prediction answer = scheduler.submit(image).get();
        const auto* told = std::get_if<Prediction>(&replies.wait(1)[0]);
        REQUIRE(told != nullptr);
        CHECK(told->prob == answer.prob);
        CHECK(told->exit_site == answer.exit_site);
        CHECK(told->configuration == answer.configuration);
        CHECK(told->latency_us > 0);
        CHECK(replies.threads()[0] != std::this_thread::get_id());
    }
    Replies replies;
    scheduler.submit(noise_images(1, 9)[0], {}, replies.completion());
    CHECK(std::get<Prediction>(replies.wait(1)[0]).error.find("9x9") != std::string::npos);
}

TEST_CASE("completion: called once for each request that was taken, never for one that was refused") {
    auto options = small_batches(60'000);
    options.max_queue = 2;
    Scheduler scheduler(exit_model(), options);
    const Image image = noise_images(1)[0];
    Replies replies;
    for (int i = 0; i < 2; ++i) scheduler.submit(image, {}, replies.completion());
    CHECK(thrown_by([&] { scheduler.submit(image, {}, replies.completion()); }) == ErrorCode::kOverloaded);
    CHECK(thrown_by([&] { scheduler.submit(Sample("text", Text{"x"}), {}, replies.completion()); }) ==
          ErrorCode::kUsage);
    CHECK(thrown_by([&] { scheduler.submit(image, {}, Completion()); }) == ErrorCode::kUsage);
    scheduler.stop();
    CHECK(replies.wait(2).size() == 2);
    CHECK(thrown_by([&] { scheduler.submit(image, {}, replies.completion()); }) == ErrorCode::kCancelled);
    CHECK(replies.wait(2).size() == 2);
}

TEST_CASE("completion: expired requests are told so") {
    Scheduler scheduler(exit_model(), small_batches());
    ClassifyOptions late;
    late.deadline_ms = 1e-6;
    Replies replies;
    scheduler.submit(noise_images(1)[0], late, replies.completion());
    CHECK(code_of(replies.wait(1)[0]) == ErrorCode::kExpired);
}

TEST_CASE("completion: what it throws is dropped, and the worker goes on") {
    Scheduler scheduler(exit_model(), small_batches());
    const Image image = noise_images(1)[0];
    for (int i = 0; i < 5; ++i)
        scheduler.submit(image, {}, [](const Reply&) { throw std::runtime_error("the caller's affair"); });
    CHECK(scheduler.submit(image).get().error.empty());
}

TEST_CASE("completion: it may submit and report, and is told not to stop") {
    Replies replies;
    Scheduler scheduler(exit_model(), small_batches());
    const Image image = noise_images(1)[0];
    std::optional<ErrorCode> stopped;
    scheduler.submit(image, {}, [&](const Reply&) {
        stopped = thrown_by([&] { scheduler.stop(); });
        static_cast<void>(scheduler.report());
        scheduler.submit(image, {}, replies.completion());
    });
    CHECK(std::holds_alternative<Prediction>(replies.wait(1)[0]));
    CHECK(stopped == ErrorCode::kUsage);
}

TEST_CASE("cancel: in the queue a request is not computed, its batch mates are as always") {
    Scheduler scheduler(exit_model(), small_batches(60'000));
    const auto images = noise_images(4);
    ClassifyOptions options;
    options.cancel = CancelToken();
    CancelToken token = *options.cancel;
    Replies replies;
    auto taken_back = scheduler.submit(images[0], options);
    scheduler.submit(images[1], options, replies.completion());
    auto kept = scheduler.submit(images[2]);
    token.cancel();
    auto last = scheduler.submit(images[3]);  // now the batch is full
    CHECK(thrown_by([&] { taken_back.get(); }) == ErrorCode::kCancelled);
    CHECK(code_of(replies.wait(1)[0]) == ErrorCode::kCancelled);
    CHECK(kept.get().error.empty());
    CHECK(last.get().error.empty());
    scheduler.stop();
    CHECK(scheduler.report().cancelled == 2);
    CHECK(scheduler.report().answered == 2);
    CHECK(scheduler.report().expired == 0);
    CHECK(scheduler.report().refused == 0);
}

TEST_CASE("cancel: a session's call that was taken back computes nothing, the next one is as always") {
    Session session(exit_model(), {.threads = 1, .max_batch = 2, .reference_kernels = true});
    const auto images = noise_images(5);
    ClassifyOptions options;
    options.cancel = CancelToken();
    const auto expected = session.classify(images, options);
    CHECK(expected.size() == 5);
    options.cancel->cancel();
    CHECK(options.cancel->is_cancelled());
    CHECK(thrown_by([&] { session.classify(images, options); }) == ErrorCode::kCancelled);
    CHECK(thrown_by([&] { session.classify(images[0], options); }) == ErrorCode::kCancelled);
    CHECK(session.classify(images[0]).prob == expected[0].prob);
}

// Requests are taken back from inside the loop, at a moment that is known: when a batch mate exits.
TEST_CASE("cancel: between two stages a request ends without an answer, its batch mates are as always") {
    const auto images = noise_images(3);
    ClassifyOptions first, through;
    first.configuration = halt_at({}, 0, "exit0");  // exits at the first site
    Scheduler scheduler(exit_model(), small_batches(60'000));
    Session session(exit_model(), {.threads = 1, .reference_kernels = true});
    const Prediction expected = session.classify(images[2]);

    CancelToken token;
    through.cancel = token;
    Replies replies, others;
    scheduler.submit(images[0], first, [&](const Reply&) { token.cancel(); });
    scheduler.submit(images[1], through, replies.completion());
    scheduler.submit(images[2], {}, others.completion());
    scheduler.submit(images[2], {}, others.completion());  // now the batch is full
    CHECK(code_of(replies.wait(1)[0]) == ErrorCode::kCancelled);
    for (const Reply& reply : others.wait(2)) CHECK(std::get<Prediction>(reply).prob == expected.prob);
    scheduler.stop();
    CHECK(scheduler.report().cancelled == 1);
    CHECK(scheduler.report().answered == 3);
}

TEST_CASE("cancel: when all of a batch are taken back the worker goes on") {
    Scheduler scheduler(exit_model(), small_batches());
    const auto images = noise_images(2);
    for (int round = 0; round < 3; ++round) {
        ClassifyOptions options;
        options.cancel = CancelToken();
        auto answer = scheduler.submit(images[0], options);
        options.cancel->cancel();  // in the queue, between two stages, or too late
        try {
            const Prediction prediction = answer.get();
            CHECK(prediction.error.empty());
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::kCancelled);
        }
        CHECK(scheduler.submit(images[1]).get().error.empty());
    }
    scheduler.stop();
    CHECK(scheduler.report().answered + scheduler.report().cancelled == 6);
}
