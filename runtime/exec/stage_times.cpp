#include "runtime/exec/stage_times.h"

#include <algorithm>

namespace dyce {
namespace {

constexpr int kTrustedRuns = 3;       // the first is cold
constexpr double kWorthwhile = 0.97;  // of the time: less is noise

}  // namespace

void StageTimes::add(std::size_t stage, std::size_t bucket, double seconds) {
    Time& time = times_[stage * buckets_ + bucket];
    time.least = time.runs == 0 ? seconds : std::min(time.least, seconds);
    ++time.runs;
}

std::size_t StageTimes::fastest(std::size_t stage, std::size_t smallest) const {
    if (at(stage, smallest).runs < kTrustedRuns) return smallest;
    std::size_t best = smallest;
    double least = kWorthwhile * at(stage, smallest).least;
    for (std::size_t bucket = smallest + 1; bucket < buckets_; ++bucket)
        if (at(stage, bucket).runs >= kTrustedRuns && at(stage, bucket).least < least) {
            best = bucket;
            least = at(stage, bucket).least;
        }
    return best;
}

}  // namespace dyce
