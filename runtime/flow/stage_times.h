// How long each stage takes at each batch size, learnt while it runs, and the clock that tells. One per
// engine: its networks' stages are numbered through, and all its loops share it. All members may be called
// from several threads at once; nothing allocates after construction.
#pragma once

#include "runtime/core/probe_schedule.h"
#include "runtime/core/time_source.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <vector>

namespace dyce {

class StageTimes {
public:
    using TimePoint = std::chrono::steady_clock::time_point;

    StageTimes(std::size_t stages, std::size_t buckets, TimeSource now = machine_time())
        : buckets_(buckets), now_(std::move(now)), stages_(stages), times_(stages * buckets) {}

    TimePoint now() const { return now_(); }

    /// The stage ran at that batch size.
    void add(std::size_t stage, std::size_t bucket, TimePoint start, TimePoint end);

    /// The bucket from `smallest` on in which the stage takes the least time; `smallest` until its time is
    /// known, and now and then to know it anew. A kernel may take longer for five images than for six,
    /// whose tiles it shares out evenly.
    std::size_t fastest(std::size_t stage, std::size_t smallest);

    /// Seconds that the stage takes when nothing disturbs it, as the latest runs show: the least of eight.
    /// One long stall is no reason to expect another. Of the nearest batch size that ran; 0 = not known yet.
    double expected(std::size_t stage, std::size_t bucket) const;
    /// Asked when the stage is about to be avoided because it is expected to take more than `limit` seconds:
    /// whether it should run nevertheless, to see what it takes by now. So every few times, and whenever what
    /// is known is a minute old.
    bool should_try(std::size_t stage, std::size_t bucket, double limit);

private:
    static constexpr std::size_t kRecent = 8;

    struct Time {
        std::array<double, kRecent> seconds{};  ///< of the latest runs, in a ring
        std::size_t runs = 0;
        TimePoint last{};

        bool is_known() const;
        double least() const;
    };
    struct Stage {
        ProbeSchedule probes;
        double limit = 0;  ///< of the trial under way; 0 = none
        int detours = 0;   ///< bigger buckets taken in a row
    };

    const Time& at(std::size_t stage, std::size_t bucket) const { return times_[stage * buckets_ + bucket]; }
    const Time* nearest_known(std::size_t stage, std::size_t bucket) const;

    std::size_t buckets_;
    TimeSource now_;
    mutable std::mutex mutex_;
    std::vector<Stage> stages_;
    std::vector<Time> times_;
};

}  // namespace dyce
