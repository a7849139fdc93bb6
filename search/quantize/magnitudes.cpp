#include "search/quantize/magnitudes.h"

#include <algorithm>
#include <cmath>

namespace dyce {

void Magnitudes::add(std::span<const float> numbers) {
    float largest = 0;
    for (const float number : numbers) {
        if (!std::isfinite(number)) continue;
        largest = std::max(largest, std::abs(number));
        has_negative_ = has_negative_ || number < 0;
    }
    largest_ = std::max(largest_, largest);
    if (width_ == 0) width_ = largest / kBins;
    while (width_ * kBins < largest) widen();
    for (const float number : numbers) {
        if (!std::isfinite(number)) continue;
        const float bin = width_ == 0 ? 0 : std::abs(number) / width_;
        ++bins_[std::min(static_cast<std::size_t>(bin), kBins - 1)];
        ++count_;
    }
}

// Bins twice as wide: two become one.
void Magnitudes::widen() {
    for (std::size_t i = 0; i < kBins / 2; ++i) bins_[i] = bins_[2 * i] + bins_[2 * i + 1];
    std::fill(bins_.begin() + kBins / 2, bins_.end(), 0);
    width_ *= 2;
}

float Magnitudes::reach(double share) const {
    const double wanted = share * static_cast<double>(count_);
    std::int64_t below = 0;
    for (std::size_t i = 0; i < kBins; ++i) {
        below += bins_[i];
        if (static_cast<double>(below) >= wanted)
            return std::min(largest_, width_ * static_cast<float>(i + 1));
    }
    return largest_;
}

}  // namespace dyce
