#include "runtime/core/team_pace.h"

#include <algorithm>

namespace dyce {
namespace {

using namespace std::chrono_literals;

constexpr auto kWindow = 8ms;
// A helper that was merely late is through within this; one that was interrupted waits for its next turn.
constexpr auto kStall = 1ms;

}  // namespace

bool TeamPace::shares(Clock::time_point now) {
    if (!rests_) return true;
    if (now < resume_) return false;
    rests_ = false;
    alone_ = shared_ = {};
    return true;
}

void TeamPace::add(const Taken& taken, Clock::time_point now) {
    alone_ += taken.all;
    shared_ += taken.wall;
    const bool stalled = taken.wall - taken.own > kStall && taken.wall > taken.all;
    if (!stalled && shared_ < kWindow) return;
    if (stalled || shared_ > alone_) {
        rest(now);
    } else {
        rest_ = std::max<Clock::duration>(kShortestRest, rest_ / 2);
    }
    alone_ = shared_ = {};
}

void TeamPace::rest(Clock::time_point now) {
    rests_ = true;
    resume_ = now + rest_;
    rest_ = std::min<Clock::duration>(2 * rest_, kLongestRest);
}

}  // namespace dyce
