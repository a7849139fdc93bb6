// Vectors for the few loops of our own that inference waits for. Portable source: where the processor has no
// vectors this wide the compiler takes several.
#pragma once

#include <cstdint>
#include <cstring>

// Compiles a function for wider vectors, too; the widest that the processor has is called. Which one is
// chosen while the program is loaded, when ThreadSanitizer is not yet there to watch the choice.
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
#define DYCE_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define DYCE_VECTOR_CLONES
#endif
// For what such a function calls: it is compiled as part of each clone.
#define DYCE_INLINE inline __attribute__((always_inline))
// Arrays of vectors stay in registers only when the loops over them are gone; clang removes them unasked.
#if defined(__GNUC__) && !defined(__clang__)
#define DYCE_UNROLL _Pragma("GCC unroll 4")
#else
#define DYCE_UNROLL
#endif

namespace dyce {

constexpr std::int64_t kLanes = 16;
using Lanes = float __attribute__((vector_size(kLanes * sizeof(float))));

DYCE_INLINE void load(const float* from, Lanes& to) { std::memcpy(&to, from, sizeof to); }

}  // namespace dyce
