#include "runtime/session/request_queue.h"

#include <doctest/doctest.h>

#include <string>

using namespace dyce;
using namespace std::chrono_literals;

namespace {

using Clock = Request::Clock;

const Clock::time_point kStart{1000s};

struct Asked {
    Clock::duration submitted{};
    Clock::duration deadline = Clock::duration::max();
    int topk = 1;
    std::shared_ptr<const ExitPlan> plan = nullptr;
};

std::unique_ptr<Request> request(const Asked& asked) {
    const std::uint8_t pixel[3] = {};
    auto result = std::make_unique<Request>(Request{Image::from_rgb(1, 1, pixel), asked.topk, asked.plan});
    result->submitted = kStart + asked.submitted;
    if (asked.deadline != Clock::duration::max()) result->deadline = kStart + asked.deadline;
    return result;
}

void push(RequestQueue& queue, const Asked& asked) {
    auto one = request(asked);
    REQUIRE(queue.push(one));
    REQUIRE(one == nullptr);
}

// When the requests of the next batch were submitted, in milliseconds: "0 3 5".
std::string take(RequestQueue& queue) {
    std::vector<std::unique_ptr<Request>> batch;
    queue.take(batch);
    std::string text;
    for (const auto& one : batch)
        text += (text.empty() ? "" : " ") + std::to_string((one->submitted - kStart) / 1ms);
    return text;
}

std::shared_ptr<const ExitPlan> plan(const std::string& name, double threshold) {
    ExitPlan result;
    result.configuration.name = name;
    result.configuration.exits = {{0, "linear", threshold}};
    return std::make_shared<const ExitPlan>(std::move(result));
}

}  // namespace

TEST_CASE("request queue: full, it takes no more and leaves the request alone") {
    RequestQueue queue({.max_queue = 2, .max_batch = 8});
    push(queue, {});
    push(queue, {1ms});
    auto refused = request({2ms});
    CHECK_FALSE(queue.push(refused));
    CHECK(refused != nullptr);
    CHECK(queue.size() == 2);
    CHECK(take(queue) == "0 1");
    CHECK(queue.empty());
    CHECK(queue.push(refused));
}

TEST_CASE("request queue: a batch is due when it is full, or someone cannot wait longer") {
    RequestQueue queue({.max_queue = 9, .max_batch = 3, .max_wait = 10ms});
    push(queue, {2ms});
    CHECK(queue.due(0ms) == kStart + 12ms);
    push(queue, {4ms, 20ms});
    CHECK(queue.due(0ms) == kStart + 12ms);
    CHECK(queue.due(5ms) == kStart + 12ms);
    CHECK(queue.due(9ms) == kStart + 11ms);  // to be answered at 20
    CHECK(queue.due(100ms) == kStart - 80ms);
    push(queue, {5ms});
    CHECK(queue.due(0ms) < kStart);
}

TEST_CASE("request queue: the most urgent first, the patient not for ever") {
    RequestQueue queue({.max_queue = 99, .max_batch = 2});
    push(queue, {0ms});
    push(queue, {1ms});
    push(queue, {2ms, 50ms});
    push(queue, {3ms, 30ms});
    push(queue, {4ms, 40ms});
    CHECK(take(queue) == "3 4");
    CHECK(take(queue) == "2 0");
    push(queue, {900ms, 1100ms});
    CHECK(take(queue) == "1 900");
    CHECK(queue.empty());
}

TEST_CASE("request queue: a batch takes requests whatever they ask for, the most urgent first") {
    const auto a = plan("a", 0.5), b = plan("b", 0.6);
    RequestQueue queue({.max_queue = 99, .max_batch = 4});
    push(queue, {0ms, Clock::duration::max(), 1, a});
    push(queue, {1ms});
    push(queue, {2ms, Clock::duration::max(), 2, b});
    push(queue, {3ms, Clock::duration::max(), 5});
    push(queue, {4ms, Clock::duration::max(), 1, a});
    push(queue, {5ms, 20ms, 1, b});
    CHECK(take(queue) == "5 0 1 2");
    CHECK(take(queue) == "3 4");
    CHECK(queue.empty());
}
