// Covers idle_pool, parallel, worker_count.
// Work on several threads whose results are taken in order, and how many threads that are.
#include "runtime/core/ordered_work.h"

#include "runtime/core/worker_count.h"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace dyce;

namespace {

std::vector<std::size_t> numbers_below(std::size_t count) {
    std::vector<std::size_t> numbers(count);
    std::iota(numbers.begin(), numbers.end(), std::size_t{0});
    return numbers;
}

// What was consumed before the work threw `message`.
std::vector<std::size_t> consumed_before(const std::string& message, int workers,
                                         const std::function<void(std::size_t)>& produce,
                                         const std::function<void(std::size_t)>& consume) {
    std::vector<std::size_t> consumed;
    CHECK_THROWS_WITH(run_in_order(
                          100, workers,
                          [&](std::size_t item, std::size_t) {
                              produce(item);
                              return item;
                          },
                          [&](std::size_t item, std::size_t) {
                              consume(item);
                              consumed.push_back(item);
                          }),
                      message.c_str());
    return consumed;
}

void fail_at(std::size_t item, std::size_t found) {
    if (item == found) throw std::runtime_error("item " + std::to_string(item));
}

}  // namespace

TEST_CASE("ordered work: every result once and in order, however long each takes") {
    for (const int workers : {1, 2, 5, 200}) {
        for (const std::size_t count : {0u, 1u, 3u, 100u}) {
            std::vector<std::size_t> consumed;
            std::atomic<int> consumers{0};
            run_in_order(
                count, workers,
                [&](std::size_t item, std::size_t worker) {
                    CHECK(worker < static_cast<std::size_t>(workers));
                    for (std::size_t i = 0; i < item * 7 % 5; ++i) std::this_thread::yield();
                    return std::make_unique<std::size_t>(item * item);
                },
                [&](std::size_t item, std::unique_ptr<std::size_t> result) {
                    CHECK(++consumers == 1);
                    CHECK(*result == item * item);
                    consumed.push_back(item);
                    --consumers;
                });
            CHECK(consumed == numbers_below(count));
        }
    }
}

TEST_CASE("ordered work: two items a worker are begun and not consumed, and no more") {
    for (const std::size_t workers : {1u, 2u, 5u}) {
        std::atomic<std::size_t> consumed{0}, furthest{0};
        std::atomic<bool> is_within{true};
        run_in_order(
            200, static_cast<int>(workers),
            [&](std::size_t item, std::size_t) {
                if (item >= consumed + 2 * workers) is_within = false;
                for (std::size_t seen = furthest;
                     seen < item && !furthest.compare_exchange_weak(seen, item);) {
                }
                // The first item lets the others go as far as they may.
                while (item == 0 && workers > 1 && furthest < 2 * workers - 1) std::this_thread::yield();
                return item;
            },
            [&](std::size_t, std::size_t) { ++consumed; });
        CHECK(consumed == 200);
        CHECK(is_within);
    }
}

TEST_CASE("ordered work: the first failure by item is thrown, behind what comes before it") {
    const auto nothing = [](std::size_t) {};
    for (const int workers : {1, 2, 5}) {
        CAPTURE(workers);
        // Item 12 fails long before item 11 does.
        std::atomic<bool> has_failed{false};
        const auto produce = [&](std::size_t item) {
            if (item == 12) has_failed = true;
            if (item == 11 && workers > 1)
                while (!has_failed) std::this_thread::yield();
            fail_at(11, item);
            fail_at(12, item);
        };
        CHECK(consumed_before("item 11", workers, produce, nothing) == numbers_below(11));
        CHECK(consumed_before(
                  "item 0", workers, [](std::size_t item) { fail_at(0, item); }, nothing)
                  .empty());
        CHECK(consumed_before(
                  "item 99", workers, [](std::size_t item) { fail_at(99, item); }, nothing) ==
              numbers_below(99));
        const auto consume = [](std::size_t item) { fail_at(40, item); };
        CHECK(consumed_before("item 40", workers, nothing, consume) == numbers_below(40));
        CHECK(consumed_before(
                  "item 40", workers, [](std::size_t item) { fail_at(41, item); }, consume) ==
              numbers_below(40));
    }
}

TEST_CASE("workers are bounded by threads, items and a gibibyte") {
    const std::size_t mebibyte = std::size_t{1} << 20;
    const struct {
        int threads;
        std::size_t items, bytes;
        int expected;
    } cases[] = {
        {4, 100, mebibyte, 4},
        {4, 3, mebibyte, 3},
        {4, 0, mebibyte, 1},
        {1, 100, mebibyte, 1},
        {8, 100, 256 * mebibyte, 4},
        {8, 100, 256 * mebibyte + 1, 3},
        {8, 100, 0, 8},
        {8, 100, 4096 * mebibyte, 1},
        {1024, 5000, mebibyte, 1024},
        {1024, 5000, 2 * mebibyte, 512},
    };
    for (const auto& [threads, items, bytes, expected] : cases)
        CHECK(worker_count(threads, items, bytes) == expected);
    CHECK(worker_count(0, 5000, mebibyte) == available_threads());
}
