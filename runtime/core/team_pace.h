// Whether a team's helpers are worth calling, as far as measured. With other work on the cores they are not:
// a helper that was interrupted holds up the whole region, for some milliseconds at a time. One thread.
#pragma once

#include <chrono>

namespace dyce {

class TeamPace {
public:
    using Clock = std::chrono::steady_clock;

    /// What one region took: `own` the caller's parts, `all` everybody's parts, `wall` from its begin to its
    /// end.
    struct Taken {
        Clock::duration own, all, wall;
    };

    /// Whether the next region, which begins now, is shared.
    bool shares(Clock::time_point now);
    /// After a region that was.
    void add(const Taken& taken, Clock::time_point now);

private:
    void rest(Clock::time_point now);

    Clock::duration alone_{}, shared_{};  // of this window: what regions would have taken alone, and took
    Clock::duration rest_ = kShortestRest;
    Clock::time_point resume_{};
    bool rests_ = false;

    static constexpr std::chrono::milliseconds kShortestRest{16}, kLongestRest{1000};
};

}  // namespace dyce
