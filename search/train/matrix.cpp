#include "search/train/matrix.h"

#include <dyce/error.h>

#include <oneapi/dnnl/dnnl.h>

namespace dyce {

void multiply(Transpose a_transposed, Transpose b_transposed, std::int64_t m, std::int64_t n, std::int64_t k,
              const float* a, const float* b, float keep, float* c) {
    const std::int64_t a_row = a_transposed == Transpose::kYes ? m : k;
    const std::int64_t b_row = b_transposed == Transpose::kYes ? k : n;
    const auto status = dnnl_sgemm(static_cast<char>(a_transposed), static_cast<char>(b_transposed), m, n, k,
                                   1.f, a, a_row, b, b_row, keep, c, n);
    if (status != dnnl_success)
        throw Error(ErrorCode::kInternal, "matrix product", "status " + std::to_string(status));
}

void multiply(Transpose a_transposed, Transpose b_transposed, std::int64_t m, std::int64_t n, std::int64_t k,
              const double* a, const double* b, double keep, double* c) {
    const bool turn_a = a_transposed == Transpose::kYes, turn_b = b_transposed == Transpose::kYes;
    for (std::int64_t i = 0; i < m; ++i)
        for (std::int64_t j = 0; j < n; ++j) {
            double sum = 0;
            for (std::int64_t l = 0; l < k; ++l)
                sum += (turn_a ? a[l * m + i] : a[i * k + l]) * (turn_b ? b[j * k + l] : b[l * n + j]);
            c[i * n + j] = sum + (keep == 0 ? 0 : keep * c[i * n + j]);
        }
}

}  // namespace dyce
