// Covers forks, futex, runtime/core/onednn/{compute_scope, openmp_slots}.
#include "runtime/core/onednn/compute_scope.h"

#include <doctest/doctest.h>
#include <immintrin.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

using namespace dyce;

namespace {

using PartWork = std::function<void(unsigned part, unsigned parts)>;

void run(ComputeTeam& team, unsigned parts, bool together, PartWork work) {
    team.run(
        [](void* data) {
            const ComputePlace& place = *compute_place();
            (*static_cast<PartWork*>(data))(place.part, place.parts);
        },
        &work, parts, together);
}

void check_each_part_once(ComputeTeam& team, unsigned parts, bool together) {
    std::vector<std::atomic<int>> visits(parts);
    run(team, parts, together, [&](unsigned part, unsigned all) {
        if (all == parts) ++visits[part];
    });
    for (const auto& count : visits) REQUIRE(count == 1);
}

}  // namespace

TEST_CASE("each part of a region runs once, on however many threads") {
    for (const int threads : {1, 2, 3, 5}) {
        ComputeTeam team(threads);
        check_each_part_once(team, 4, false);  // nobody was started
        const ComputeScope scope(team);
        for (int i = 0; i < 300; ++i) {
            check_each_part_once(team, 1 + static_cast<unsigned>(i % threads), i % 2 == 0);
            check_each_part_once(team, 7, false);
        }
    }
}

TEST_CASE("parts that wait for one another all run at the same time") {
    ComputeTeam team(3);
    const ComputeScope scope(team);
    for (int i = 0; i < 200; ++i) {
        std::atomic<int> begun{0};
        run(team, 3, true, [&](unsigned, unsigned) {
            ++begun;
            while (begun < 3) std::this_thread::yield();
        });
        CHECK(begun == 3);
    }
}

TEST_CASE("nobody passes a meeting before all have come") {
    for (const bool together : {false, true}) {
        ComputeTeam team(3);
        const ComputeScope scope(team);
        for (int i = 0; i < 200; ++i) {
            std::atomic<int> come{0}, early{0};
            run(team, 3, together, [&](unsigned, unsigned parts) {
                for (int meeting = 1; meeting <= 3; ++meeting) {
                    ++come;
                    team.meet(parts);
                    if (come < 3 * meeting) ++early;
                    team.meet(parts);
                }
            });
            CHECK(early == 0);
            CHECK(come == 9);
        }
    }
}

TEST_CASE("what a held-up helper has not begun is done by others") {
    ComputeTeam team(2);
    const ComputeScope scope(team);
    const auto caller = std::this_thread::get_id();
    for (int i = 0; i < 50; ++i) {
        std::atomic<int> done{0};
        run(team, 4, false, [&](unsigned, unsigned) {
            if (std::this_thread::get_id() != caller)
                while (done < 3) std::this_thread::yield();
            ++done;
        });
        CHECK(done == 4);
    }
}

TEST_CASE("a region within a region has a team of one") {
    ComputeTeam team(2);
    const ComputeScope scope(team);
    std::atomic<int> inner{0}, wrong{0};
    run(team, 2, false, [&](unsigned part, unsigned) {
        PartWork nested = [&](unsigned inner_part, unsigned inner_parts) {
            ++inner;
            if (inner_part != 0 || inner_parts != 1 || !compute_place()->is_inside) ++wrong;
        };
        run_region(
            *compute_place(),
            [](void* data) {
                (*static_cast<PartWork*>(data))(compute_place()->part, compute_place()->parts);
            },
            &nested, 2, false);
        if (compute_place()->part != part || compute_place()->parts != 2) ++wrong;
    });
    CHECK(inner == 2);
    CHECK(wrong == 0);
}

TEST_CASE("teams of several callers do not mix") {
    std::vector<std::thread> callers;
    std::atomic<int> parts{0};
    for (int caller = 0; caller < 4; ++caller)
        callers.emplace_back([&] {
            ComputeTeam team(2);
            const ComputeScope scope(team);
            for (int i = 0; i < 500; ++i)
                run(team, 2, i % 50 == 0, [&](unsigned, unsigned) {
                    if (compute_place()->team == &team) ++parts;
                });
        });
    for (std::thread& caller : callers) caller.join();
    CHECK(parts == 4 * 500 * 2);
}

TEST_CASE("a host that rounds otherwise gets its own way back, and changes no part") {
    const unsigned before = _mm_getcsr();
    const unsigned hosts = before | _MM_FLUSH_ZERO_ON | _MM_ROUND_UP;
    _mm_setcsr(hosts);
    {
        ComputeTeam team(2);
        const ComputeScope scope(team);
        std::atomic<int> wrong{0};
        run(team, 2, true, [&](unsigned, unsigned) {
            volatile float one = 1, tiny = 1e-9f, smallest = 1e-38f;
            if (one + tiny != 1 || smallest / 16 == 0) ++wrong;
        });
        CHECK(wrong == 0);
    }
    CHECK((_mm_getcsr() & ~_MM_EXCEPT_MASK) == (hosts & ~_MM_EXCEPT_MASK));
    _mm_setcsr(before);
}

TEST_CASE("a scope gives back the place before it") {
    CHECK(compute_place() == nullptr);
    ComputeTeam outer(2), inner(3);
    {
        const ComputeScope scope(outer);
        {
            const ComputeScope nested(inner);
            CHECK(compute_place()->team == &inner);
        }
        {
            const CompileScope compiling(7);
            CHECK(compute_place()->team->threads() == 7);
        }
        CHECK(compute_place()->team == &outer);
    }
    CHECK(compute_place() == nullptr);
}

#ifndef __SANITIZE_THREAD__  // it refuses threads in a child
TEST_CASE("after a fork the child's team has helpers of its own") {
    ComputeTeam team(2);
    {
        const ComputeScope scope(team);
        check_each_part_once(team, 2, true);
    }
    const pid_t child = fork();
    if (child == 0) {
        alarm(20);  // a hang ends by a signal
        const ComputeScope scope(team);
        std::atomic<int> begun{0};
        run(team, 2, true, [&](unsigned, unsigned) {
            ++begun;
            while (begun < 2) std::this_thread::yield();
        });
        _exit(begun == 2 ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    CHECK(status == 0);
    const ComputeScope scope(team);
    check_each_part_once(team, 2, true);
}
#endif
