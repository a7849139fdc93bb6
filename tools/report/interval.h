// How far a measured share can be trusted.
#pragma once

#include "search/methods/binomial.h"

#include <cstdint>

namespace dyce {

struct Interval {
    double low, high;
};

/// The exact interval of 95 % for `hits` among `count` independent trials (Clopper and Pearson, The use of
/// confidence or fiducial limits illustrated in the case of the binomial, Biometrika 26, 1934).
inline Interval exact_interval(std::int64_t hits, std::int64_t count) {
    const auto right = static_cast<double>(hits), wrong = static_cast<double>(count - hits);
    return {hits == 0 ? 0 : beta_quantile(right, wrong + 1, 0.025),
            hits == count ? 1 : beta_quantile(right + 1, wrong, 0.975)};
}

}  // namespace dyce
