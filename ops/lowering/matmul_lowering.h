// What Gemm and MatMul share: products of matrices, plain and through oneDNN. Stateless.
#pragma once

#include "ops/lowering/lowering.h"

#include <optional>

namespace dyce::ops {

/// A matrix in memory; a transposed one has its steps exchanged.
struct Matrix {
    const float* data;
    std::int64_t row_step, column_step;
};

/// out (m x n, row-major) += alpha * a (m x k) * b (k x n).
void add_product(std::int64_t m, std::int64_t k, std::int64_t n, float alpha, const Matrix& a,
                 const Matrix& b, float* out);

/// The product of the four numbers. Throws Error{kContent} at the call's node when it overflows.
std::int64_t count_product(const OpCall& call, std::int64_t batch, std::int64_t m, std::int64_t k,
                           std::int64_t n);

/// Rows (m x k) times the node's input 1, one matrix of (k x n), plus a bias.
struct RowProduct {
    Buffer rows;                 ///< seen as (m, k), of any strides
    MemoryDesc weights;          ///< how the row-major input 1 is seen as (k, n)
    std::optional<Buffer> bias;  ///< (1, n)
};

/// Appends the product and the call's post-ops. Returns false when oneDNN has no fast implementation: then
/// nothing is computed yet.
bool lower_row_product(const OpCall& call, Lowering& lowering, const RowProduct& product);

}  // namespace dyce::ops
