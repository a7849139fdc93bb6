// The upper half of a float32's bits: its sign, exponent and seven bits of its fraction. Pure functions.
#pragma once

#include <bit>
#include <cstdint>

namespace dyce {

/// To the nearest, ties to even; for finite numbers.
inline std::uint16_t to_bfloat16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return static_cast<std::uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

inline float from_bfloat16(std::uint16_t bits) { return std::bit_cast<float>(std::uint32_t{bits} << 16); }

}  // namespace dyce
