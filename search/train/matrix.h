// Matrix products of training. Stateless; each runs on the team that the calling thread stands on
// (ComputeScope).
#pragma once

#include <cstdint>

namespace dyce {

enum class Transpose : char { kNo = 'N', kYes = 'T' };

/// C (m x n) = A (m x k) * B (k x n) + keep * C, all row-major. A transposed factor lies in memory as its
/// transpose. In float32 through oneDNN; in float64, for checking gradients, by plain loops.
void multiply(Transpose a_transposed, Transpose b_transposed, std::int64_t m, std::int64_t n, std::int64_t k,
              const float* a, const float* b, float keep, float* c);
void multiply(Transpose a_transposed, Transpose b_transposed, std::int64_t m, std::int64_t n, std::int64_t k,
              const double* a, const double* b, double keep, double* c);

}  // namespace dyce
