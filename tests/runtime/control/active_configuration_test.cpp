#include "runtime/control/active_configuration.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

using namespace dyce;

namespace {

// Whole only when both halves agree; counts the living.
struct Plan {
    explicit Plan(std::uint64_t value, std::atomic<int>& count) : first(value), second(value), alive(count) {
        ++alive;
    }
    ~Plan() { --alive; }

    std::uint64_t first, second;
    std::atomic<int>& alive;
};

}  // namespace

TEST_CASE("active configuration: what was taken stays whole, generations count installs") {
    std::atomic<int> alive{0};
    {
        ActiveConfiguration<Plan> active(std::make_shared<Plan>(0, alive));
        CHECK(active.get().generation == 0);
        const auto taken = active.get();
        CHECK(active.install(std::make_shared<Plan>(1, alive)) == 1);
        CHECK(taken.plan->first == 0);
        CHECK(active.get().plan->first == 1);
        CHECK(active.get().generation == 1);
        CHECK(alive == 2);  // the old one lives as long as its user
    }
    CHECK(alive == 0);
}

TEST_CASE("active configuration: readers and writers in many threads see no torn state") {
    constexpr std::uint64_t kInstalls = 50'000;
    std::atomic<int> alive{0};
    {
        ActiveConfiguration<Plan> active(std::make_shared<Plan>(0, alive));
        std::atomic<bool> done{false};
        std::atomic<int> torn{0};
        std::atomic<std::uint64_t> reads{0};
        std::vector<std::thread> readers, writers;
        for (int i = 0; i < 3; ++i)
            readers.emplace_back([&] {
                std::uint64_t previous = 0;
                do {
                    const auto [plan, generation] = active.get();
                    if (plan->first != plan->second || generation < previous) ++torn;
                    previous = generation;
                    ++reads;
                } while (!done);
            });
        for (int i = 0; i < 2; ++i)
            writers.emplace_back([&] {
                for (std::uint64_t k = 0; k < kInstalls; ++k)
                    active.install(std::make_shared<Plan>(k, alive));
            });
        for (auto& thread : writers) thread.join();
        done = true;
        for (auto& thread : readers) thread.join();
        CHECK(torn == 0);
        CHECK(reads >= readers.size());
        CHECK(active.get().generation == 2 * kInstalls);
        CHECK(alive == 1);
    }
    CHECK(alive == 0);
}
