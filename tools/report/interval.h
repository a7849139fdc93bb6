// How far a measured share can be trusted.
#pragma once

#include <cmath>
#include <cstdint>

namespace dyce {

struct Interval {
    double low, high;
};

/// Wilson's score interval of 95 % for `hits` among `count` > 0 independent trials (E. B. Wilson, Probable
/// inference, JASA 22, 1927).
inline Interval wilson_interval(std::int64_t hits, std::int64_t count) {
    constexpr double z = 1.959963984540054;  // 97.5 % of the normal distribution lie below
    const auto n = static_cast<double>(count);
    const double p = static_cast<double>(hits) / n;
    const double center = (p + z * z / (2 * n)) / (1 + z * z / n);
    const double half = z / (1 + z * z / n) * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    return {std::fmax(0, center - half), std::fmin(1, center + half)};
}

}  // namespace dyce
