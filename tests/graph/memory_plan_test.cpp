#include "graph/memory_plan.h"

#include "runtime/core/aligned.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <cstdint>
#include <random>

using namespace dyce;

namespace {

std::vector<BufferRequest> random_requests(std::mt19937& random) {
    const auto pick = [&](int low, int high) { return std::uniform_int_distribution(low, high)(random); };
    std::vector<BufferRequest> requests;
    const int steps = pick(1, 60);
    for (int n = pick(0, 120); n > 0; --n) {
        const int first = pick(0, steps);
        const auto size = static_cast<std::size_t>(pick(0, 9) == 0 ? 0 : pick(1, 5000));
        requests.push_back({size, first, first + pick(0, pick(0, 9) == 0 ? steps : 3)});
    }
    return requests;
}

bool overlap(const BufferRequest& a, std::size_t a_offset, const BufferRequest& b, std::size_t b_offset) {
    const bool in_time = a.first_use <= b.last_use && b.first_use <= a.last_use;
    return in_time && a_offset < b_offset + b.size && b_offset < a_offset + a.size;
}

// No plan can be smaller: everything alive at one step needs bytes of its own.
std::size_t largest_live_sum(const std::vector<BufferRequest>& requests) {
    std::size_t largest = 0;
    for (const BufferRequest& at : requests) {  // the sum only grows where a buffer begins
        std::size_t sum = 0;
        for (const BufferRequest& r : requests)
            if (r.first_use <= at.first_use && at.first_use <= r.last_use) sum += align_up(r.size);
        largest = std::max(largest, sum);
    }
    return largest;
}

}  // namespace

TEST_CASE("memory plans of random requests keep live buffers apart and stay between their bounds") {
    std::mt19937 random(7);
    double waste = 0;
    const int rounds = 300;
    for (int round = 0; round < rounds; ++round) {
        const auto requests = random_requests(random);
        const MemoryPlan plan = plan_memory(requests);
        REQUIRE(plan.offsets.size() == requests.size());
        std::size_t sum = 0;
        for (std::size_t i = 0; i < requests.size(); ++i) {
            REQUIRE(plan.offsets[i] % kAlignment == 0);
            REQUIRE(plan.offsets[i] + requests[i].size <= plan.total);
            sum += align_up(requests[i].size);
            for (std::size_t j = 0; j < i; ++j)
                REQUIRE_FALSE(overlap(requests[i], plan.offsets[i], requests[j], plan.offsets[j]));
        }
        const std::size_t bound = largest_live_sum(requests);
        REQUIRE(plan.total >= bound);
        REQUIRE(plan.total <= sum);
        if (bound > 0) waste += static_cast<double>(plan.total) / static_cast<double>(bound) - 1;
    }
    CHECK(waste / rounds < 0.05);
}

TEST_CASE("a memory plan reuses bytes as soon as they are free") {
    const std::vector<BufferRequest> chain = {{256, 0, 1}, {128, 1, 2}, {192, 2, 3}};
    const MemoryPlan plan = plan_memory(chain);
    CHECK(plan.total == 256 + 128);
    CHECK(plan.offsets == std::vector<std::size_t>{0, 256, 0});
}

TEST_CASE("empty buffers and empty plans take no memory") {
    CHECK(plan_memory({}).total == 0);
    const std::vector<BufferRequest> requests = {{0, 0, 9}, {1, 0, 9}, {0, 3, 3}};
    CHECK(plan_memory(requests).total == kAlignment);
}

TEST_CASE("a memory plan refuses what cannot be") {
    const std::vector<BufferRequest> backwards = {{64, 2, 1}};
    CHECK_THROWS_AS(plan_memory(backwards), Error);
    const std::vector<BufferRequest> huge = {{SIZE_MAX, 0, 1}};
    CHECK_THROWS_AS(plan_memory(huge), Error);
    const std::vector<BufferRequest> too_many = {{SIZE_MAX / 2, 0, 1}, {SIZE_MAX / 2, 2, 3}, {64, 4, 5}};
    CHECK_THROWS_AS(plan_memory(too_many), Error);
}
