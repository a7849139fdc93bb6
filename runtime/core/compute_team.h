// Threads that share the parallel regions of one caller: oneDNN's, which come through
// runtime/core/onednn/openmp_slots.h, and those of parallel_ranges().
//
// A region is divided into parts. The caller runs the first one; helpers take what nobody has begun, and so
// does the caller when it is through with its own. How a region is divided never depends on who takes part,
// so that a late helper costs time and changes no answer. Owned by whoever runs batches; one caller at a
// time.
#pragma once

#include "runtime/core/team_pace.h"

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <vector>

namespace dyce {

class ComputeTeam {
public:
    using Work = void (*)(void* data);

    /// Of `threads` with the caller; >= 1. Starts none.
    explicit ComputeTeam(int threads) : threads_(threads) {}
    ~ComputeTeam();
    ComputeTeam(const ComputeTeam&) = delete;
    ComputeTeam& operator=(const ComputeTeam&) = delete;

    int threads() const { return threads_; }

    /// Starts the helpers where this process has none: the first time, and after a fork in the child. Throws
    /// Error{kResource} when the system grants no more threads.
    void start();

    /// Calls work(data) once for each of `parts` parts, and returns when all are done; allocates nothing.
    /// `work` asks compute_place() which one it is, and must not throw. With `together` parts may wait for
    /// one another (at most threads() of them, each on a thread of its own). Before start() all are run here,
    /// one by one.
    void run(Work work, void* data, unsigned parts, bool together);

    /// Within a region of `parts` parts: waits until all have come here.
    void meet(unsigned parts);

private:
    struct Region {
        Work work;
        void* data;
        unsigned parts;
        bool together;
    };

    void help();
    bool take(unsigned& part);
    void call_helpers(unsigned count);
    void wait_for_work();
    void run_part(const Region& region, unsigned part);
    void run_alone(const Region& region);
    unsigned run_what_is_left(const Region& region);
    void finish(unsigned parts);
    void wait_for_helpers();
    void dismiss();

    const int threads_;
    std::vector<pthread_t> helpers_;
    unsigned fork_generation_ = 0;  // when they were started
    std::uint32_t regions_ = 0;
    Region region_{};
    TeamPace pace_;

    // Apart, because different threads spin on them.
    alignas(64) std::atomic<std::uint64_t> ticket_{0};  // region number, parts, parts begun
    std::atomic<bool> is_ending_{false};
    alignas(64) std::atomic<std::uint32_t> unfinished_{0};  // parts; the highest bit: the caller sleeps
    std::atomic<std::uint64_t> helpers_ns_{0};              // what the helpers' parts of the region took
    alignas(64) std::atomic<std::uint32_t> calls_{0};       // what helpers sleep on
    std::atomic<std::uint32_t> sleepers_{0};
    alignas(64) std::atomic<std::uint32_t> met_{0}, meetings_{0};
};

/// Where the calling thread stands.
struct ComputePlace {
    ComputeTeam* team = nullptr;
    unsigned part = 0, parts = 1;  ///< of the innermost region
    bool is_inside = false;        ///< of a region with several parts
    bool together = true;          ///< regions that the thread opens have parts that may wait for one another
};

/// Null outside any team: then parallel work is not ours.
ComputePlace* compute_place();

/// Whether parts of the regions that oneDNN opens from here on may wait for one another. Nothing outside any
/// team.
void set_parts_wait(bool together);

/// The thread rounds as C++ programs begin, keeping the smallest numbers, while the object lives: a host may
/// have told its own threads otherwise, and who executes a part must not show.
class DefaultRounding {
public:
    DefaultRounding();
    ~DefaultRounding();
    DefaultRounding(const DefaultRounding&) = delete;
    DefaultRounding& operator=(const DefaultRounding&) = delete;

private:
    unsigned before_;
};

/// The calling thread stands there while the object lives.
class PlaceScope {
public:
    explicit PlaceScope(const ComputePlace& place);
    ~PlaceScope();
    PlaceScope(const PlaceScope&) = delete;
    PlaceScope& operator=(const PlaceScope&) = delete;

private:
    ComputePlace place_;
    ComputePlace* before_;
};

/// A region of the calling thread, which stands at `place`; inside another one it gets a team of one. 0 parts
/// = as many as there are threads.
void run_region(ComputePlace& place, ComputeTeam::Work work, void* data, unsigned parts, bool together);

}  // namespace dyce
