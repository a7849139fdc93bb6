// Integer arithmetic on untrusted sizes: true when the result fits, else `result` is unspecified.
#pragma once

#include <cstdint>

namespace dyce {

[[nodiscard]] inline bool checked_multiply(std::int64_t a, std::int64_t b, std::int64_t* result) {
    return !__builtin_mul_overflow(a, b, result);
}

[[nodiscard]] inline bool checked_add(std::int64_t a, std::int64_t b, std::int64_t* result) {
    return !__builtin_add_overflow(a, b, result);
}

}  // namespace dyce
