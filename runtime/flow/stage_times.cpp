#include "runtime/flow/stage_times.h"

#include <algorithm>

namespace dyce {
namespace {

constexpr std::size_t kTrustedRuns = 3;  // the first is cold
constexpr double kWorthwhile = 0.97;     // of the time: less is noise
constexpr int kDetours = 32;             // then the smallest bucket is measured again
constexpr std::chrono::minutes kStale{1};

}  // namespace

bool StageTimes::Time::is_known() const { return runs >= kTrustedRuns; }

double StageTimes::Time::least() const {
    const auto end = seconds.begin() + static_cast<std::ptrdiff_t>(std::min(runs, kRecent));
    return *std::min_element(seconds.begin(), end);
}

void StageTimes::add(std::size_t stage, std::size_t bucket, TimePoint start, TimePoint end) {
    const double seconds = std::chrono::duration<double>(end - start).count();
    const std::lock_guard lock(mutex_);
    Time& time = times_[stage * buckets_ + bucket];
    time.seconds[time.runs++ % kRecent] = seconds;
    time.last = end;
    if (stages_[stage].limit > 0) {
        stages_[stage].probes.tried(seconds <= stages_[stage].limit);
        stages_[stage].limit = 0;
    }
}

std::size_t StageTimes::fastest(std::size_t stage, std::size_t smallest) {
    const std::lock_guard lock(mutex_);
    if (!at(stage, smallest).is_known()) return smallest;
    std::size_t best = smallest;
    double least = kWorthwhile * at(stage, smallest).least();
    for (std::size_t bucket = smallest + 1; bucket < buckets_; ++bucket)
        if (at(stage, bucket).is_known() && at(stage, bucket).least() < least) {
            best = bucket;
            least = at(stage, bucket).least();
        }
    int& detours = stages_[stage].detours;
    detours = best == smallest ? 0 : detours + 1;
    if (detours <= kDetours) return best;
    detours = 0;
    return smallest;
}

const StageTimes::Time* StageTimes::nearest_known(std::size_t stage, std::size_t bucket) const {
    for (std::size_t b = bucket; b < buckets_; ++b)
        if (at(stage, b).is_known()) return &at(stage, b);
    for (std::size_t b = bucket; b-- > 0;)
        if (at(stage, b).is_known()) return &at(stage, b);
    return nullptr;
}

double StageTimes::expected(std::size_t stage, std::size_t bucket) const {
    const std::lock_guard lock(mutex_);
    const Time* time = nearest_known(stage, bucket);
    return time == nullptr ? 0 : time->least();
}

bool StageTimes::should_try(std::size_t stage, std::size_t bucket, double limit) {
    const TimePoint now = now_();
    const std::lock_guard lock(mutex_);
    const Time* time = nearest_known(stage, bucket);
    const bool is_stale = time != nullptr && now - time->last > kStale;
    if (!stages_[stage].probes.is_due(is_stale)) return false;
    stages_[stage].limit = limit;
    return true;
}

}  // namespace dyce
