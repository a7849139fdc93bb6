// In which batch size a stage goes on, and whether it does in time.
#include "runtime/flow/stage_times.h"

#include "tests/support/allocations.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using dyce::StageTimes;

namespace {

using TimePoint = StageTimes::TimePoint;

TimePoint at(double seconds) {
    return TimePoint(std::chrono::duration_cast<TimePoint::duration>(std::chrono::duration<double>(seconds)));
}

void add(StageTimes& times, std::size_t stage, std::size_t bucket, double seconds, double end = 100) {
    times.add(stage, bucket, at(end - seconds), at(end));
}

void add_runs(StageTimes& times, std::size_t stage, std::size_t bucket, double seconds, int runs = 3) {
    for (int run = 0; run < runs; ++run) add(times, stage, bucket, seconds);
}

}  // namespace

TEST_CASE("the smallest bucket that fits is taken until its time is known") {
    StageTimes times(2, 3);
    CHECK(times.fastest(1, 0) == 0);
    add_runs(times, 1, 1, 1.0);
    CHECK(times.fastest(1, 0) == 0);
    add(times, 1, 0, 9.0);
    add(times, 1, 0, 9.0);
    CHECK(times.fastest(1, 0) == 0);
    add(times, 1, 0, 9.0);
    CHECK(times.fastest(1, 0) == 1);
}

TEST_CASE("the fastest bucket is taken where that is clear, of the stage that runs next") {
    StageTimes times(2, 4);
    for (const std::size_t stage : {0u, 1u}) add_runs(times, stage, 1, 2.0);
    add_runs(times, 0, 2, 1.5);
    add_runs(times, 1, 2, 1.99);  // within the noise
    add_runs(times, 0, 3, 1.7);
    CHECK(times.fastest(0, 1) == 2);
    CHECK(times.fastest(1, 1) == 1);
    CHECK(times.fastest(0, 3) == 3);  // a smaller one would not hold the batch
    add(times, 0, 1, 1.2);            // what a run took when nothing disturbed it
    add(times, 0, 2, 8.0);
    CHECK(times.fastest(0, 1) == 1);
}

TEST_CASE("a bucket that was avoided after a disturbance is measured again") {
    StageTimes times(1, 2);
    add_runs(times, 0, 0, 1.0);
    add_runs(times, 0, 1, 1.5);
    CHECK(times.fastest(0, 0) == 0);
    add_runs(times, 0, 0, 9.0, 8);  // as long as it is remembered
    int chosen_again = 0;
    for (int batch = 0; batch < 100; ++batch) {
        const std::size_t bucket = times.fastest(0, 0);
        chosen_again += bucket == 0;
        add(times, 0, bucket, bucket == 0 ? 1.0 : 1.5);
    }
    CHECK(chosen_again >= 60);
    CHECK(times.fastest(0, 0) == 0);
}

TEST_CASE("what is expected is what the latest runs took undisturbed") {
    StageTimes times(2, 3);
    CHECK(times.expected(0, 1) == 0);
    add_runs(times, 0, 1, 5.0, 2);
    CHECK(times.expected(0, 1) == 0);  // the first one is cold
    add(times, 0, 1, 1.0);
    CHECK(times.expected(0, 1) == doctest::Approx(1));
    CHECK(times.expected(0, 0) == doctest::Approx(1));  // the nearest that is known
    CHECK(times.expected(0, 2) == doctest::Approx(1));
    CHECK(times.expected(1, 1) == 0);
    add_runs(times, 0, 1, 40.0, 7);
    CHECK(times.expected(0, 1) == doctest::Approx(1));  // stalls
    add(times, 0, 1, 40.0);
    CHECK(times.expected(0, 1) == doctest::Approx(40));  // it has become slow
    add(times, 0, 1, 2.0);
    CHECK(times.expected(0, 1) == doctest::Approx(2));  // and quick again
    add_runs(times, 0, 2, 3.0);
    CHECK(times.expected(0, 1) == doctest::Approx(2));
    CHECK(times.expected(0, 2) == doctest::Approx(3));
}

TEST_CASE(
    "a stage that is avoided is tried every few times, ever more seldom in vain, and when it is long ago") {
    double now = 100;
    StageTimes times(1, 1, [&] { return at(now); });
    add_runs(times, 0, 0, 40.0, 8);
    const auto avoided = [&] {
        int count = 0;
        while (!times.should_try(0, 0, 5.0)) ++count;
        return count;
    };
    for (int trial = 0; trial < 15; ++trial) {
        CHECK(avoided() == 7);
        add(times, 0, 0, 40.0);
    }
    int last = 7;
    for (int trial = 0; trial < 10; ++trial) {
        const int count = avoided();
        CHECK(count >= last);
        CHECK(count < 256);
        last = count;
        add(times, 0, 0, 40.0);
    }
    CHECK(last == 255);
    now = 161;
    CHECK(avoided() == 0);  // a minute ago
    add(times, 0, 0, 4.0, now);
    CHECK(avoided() == 7);  // it was quick enough: all is as at first
}

TEST_CASE("stage times are shared by threads and allocate nothing") {
    StageTimes times(2, 2);
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 4; ++t)
        threads.emplace_back([&times, t] {
            for (int i = 0; i < 1000; ++i) {
                add(times, t % 2, 0, 1.0);
                times.fastest(t % 2, 0);
                times.should_try(t % 2, 0, 0.5);
            }
        });
    for (std::thread& thread : threads) thread.join();
    CHECK(times.expected(0, 0) == doctest::Approx(1));
    const auto before = dyce::test::allocation_count();
    for (int i = 0; i < 100; ++i) {
        add(times, 1, 1, 1.0);
        times.fastest(1, 0);
        times.should_try(1, 1, 0.5);
    }
    CHECK(dyce::test::allocation_count() == before);
}
