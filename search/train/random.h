// Pseudo-random numbers that depend on nothing but a seed and what they are for, so that the order of work
// and the number of threads do not matter. SplitMix64 (Steele, Lea, Flood: OOPSLA 2014). A value; one thread.
#pragma once

#include <cstdint>

namespace dyce {

class Random {
public:
    /// Another sequence for every seed, purpose and index.
    Random(std::uint64_t seed, std::uint64_t purpose, std::uint64_t index = 0) : state_(seed) {
        state_ = next() ^ purpose;
        state_ = next() ^ index;
        state_ = next();
    }

    std::uint64_t next() {
        std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return z ^ (z >> 31);
    }
    /// 0 .. count - 1, count below 2^32; the bias is below count / 2^32.
    std::uint32_t below(std::uint32_t count) {
        return static_cast<std::uint32_t>(((next() >> 32) * count) >> 32);
    }
    /// In [0, 1).
    double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }

private:
    std::uint64_t state_;
};

}  // namespace dyce
