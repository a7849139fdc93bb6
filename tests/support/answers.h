// Whether two answers to an image are the same.
#pragma once

#include <dyce/session.h>

namespace dyce::test {

/// To the last bit, in all that does not tell when it was computed, or after which switch.
inline bool same_answer(const Prediction& a, const Prediction& b) {
    return a.index == b.index && a.prob == b.prob && a.exit_site == b.exit_site &&
           a.exit_type == b.exit_type && a.member == b.member && a.score == b.score && a.macs == b.macs &&
           a.configuration == b.configuration && a.error == b.error;
}

}  // namespace dyce::test
