// When to try again what was too slow when it last ran: what made it slow may have passed, and nobody would
// ever know if it were avoided from then on. A plain value; its owner locks.
#pragma once

#include <algorithm>

namespace dyce {

/// Every 8th time at first; ever more seldom, at last every 256th time, when 16 trials in a row have shown
/// that it really is too slow.
class ProbeSchedule {
public:
    /// It would be avoided once more: true when it should be tried this time, or must be by other reasons.
    bool is_due(bool must_be = false) {
        if (++avoided_ < interval() && !must_be) return false;
        avoided_ = 0;
        return true;
    }

    /// What a trial showed.
    void tried(bool was_quick) { failures_ = was_quick ? 0 : failures_ + 1; }

private:
    static constexpr int kFirst = 8, kLast = 256, kPatience = 16;

    int interval() const {
        const int doublings = std::clamp(failures_ - kPatience + 1, 0, 5);
        return std::min(kLast, kFirst << doublings);
    }

    int avoided_ = 0, failures_ = 0;
};

}  // namespace dyce
