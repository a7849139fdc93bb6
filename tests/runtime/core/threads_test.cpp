#include "runtime/core/threads.h"
#include "runtime/core/onednn/compute_scope.h"

#include <doctest/doctest.h>

#include <vector>

using namespace dyce;

TEST_CASE("parallel ranges cover every index once, however many threads there are") {
    for (const int threads : {1, 2, 5})
        for (const std::int64_t count : {0, 1, 3, 1000}) {
            ComputeTeam team(threads);
            const ComputeScope scope(team);
            std::vector<int> visits(static_cast<std::size_t>(count) + 1);
            parallel_ranges(count, [&](std::int64_t first, std::int64_t last) {
                for (std::int64_t i = first; i < last; ++i) ++visits[static_cast<std::size_t>(i)];
            });
            for (std::int64_t i = 0; i < count; ++i) CHECK(visits[static_cast<std::size_t>(i)] == 1);
            CHECK(visits.back() == 0);
        }
}
