// In which batch size a stage goes on.
#include "runtime/exec/stage_times.h"

#include <doctest/doctest.h>

using dyce::StageTimes;

namespace {

void add_runs(StageTimes& times, std::size_t stage, std::size_t bucket, double seconds) {
    for (int run = 0; run < 3; ++run) times.add(stage, bucket, seconds);
}

}  // namespace

TEST_CASE("the smallest bucket that fits is taken until its time is known") {
    StageTimes times(2, 3);
    CHECK(times.fastest(1, 0) == 0);
    add_runs(times, 1, 1, 1.0);
    CHECK(times.fastest(1, 0) == 0);
    times.add(1, 0, 9.0);
    times.add(1, 0, 9.0);
    CHECK(times.fastest(1, 0) == 0);
    times.add(1, 0, 9.0);
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
    times.add(0, 1, 1.2);             // what a run took when nothing disturbed it
    times.add(0, 2, 8.0);
    CHECK(times.fastest(0, 1) == 1);
}
