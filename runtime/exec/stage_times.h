// How long each stage of a network takes at each batch size, learnt while it runs. One thread at a time.
#pragma once

#include <cstddef>
#include <vector>

namespace dyce {

class StageTimes {
public:
    StageTimes(std::size_t stages, std::size_t buckets) : buckets_(buckets), times_(stages * buckets) {}

    void add(std::size_t stage, std::size_t bucket, double seconds);

    /// The bucket from `smallest` on in which the stage takes the least time; `smallest` until its time is
    /// known. A kernel may take longer for five pictures than for six, whose tiles it shares out evenly.
    std::size_t fastest(std::size_t stage, std::size_t smallest) const;

private:
    struct Time {
        double least = 0;  ///< seconds; whatever disturbs a run only adds to it
        int runs = 0;
    };

    const Time& at(std::size_t stage, std::size_t bucket) const { return times_[stage * buckets_ + bucket]; }

    std::size_t buckets_;
    std::vector<Time> times_;
};

}  // namespace dyce
