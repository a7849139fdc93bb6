// How large the numbers of a value are, as a histogram. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace dyce {

class Magnitudes {
public:
    /// Counts the finite ones.
    void add(std::span<const float> numbers);

    bool has_negative() const { return has_negative_; }
    /// The magnitude that `share` (above 0, at most 1) of the numbers do not exceed, to a bin: at least one
    /// in a thousand of the largest one's magnitude. The largest itself for 1; 0 without numbers.
    float reach(double share) const;

private:
    void widen();

    static constexpr std::size_t kBins = 2048;
    std::vector<std::int64_t> bins_ = std::vector<std::int64_t>(kBins);  // of equal width, from 0 on
    float width_ = 0;
    float largest_ = 0;
    bool has_negative_ = false;
    std::int64_t count_ = 0;
};

}  // namespace dyce
