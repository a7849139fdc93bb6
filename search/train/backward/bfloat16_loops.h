// Loops over values of either type that training knows: float, or bfloat16 which is widened one by one. Functions.
#pragma once

#include "runtime/core/bfloat16.h"

#include <cstdint>

namespace dyce {

struct Bfloat16 {
    std::uint16_t bits;
};
inline float widen(float value) { return value; }
inline float widen(Bfloat16 value) { return from_bfloat16(value.bits); }
inline void narrow(float value, float& to) { to = value; }
inline void narrow(float value, Bfloat16& to) { to.bits = to_bfloat16(value); }

}  // namespace dyce
