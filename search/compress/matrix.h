// Small dense matrices in double, and their singular values. Functions and a plain value.
#pragma once

#include <cstddef>
#include <vector>

namespace dyce {

/// Row-major.
struct Matrix {
    std::size_t rows = 0, columns = 0;
    std::vector<double> numbers;

    Matrix() = default;
    Matrix(std::size_t row_count, std::size_t column_count)
        : rows(row_count), columns(column_count), numbers(row_count * column_count) {}
    double& operator()(std::size_t row, std::size_t column) { return numbers[row * columns + column]; }
    double operator()(std::size_t row, std::size_t column) const { return numbers[row * columns + column]; }
};

Matrix transposed(const Matrix& a);
Matrix product(const Matrix& a, const Matrix& b);

struct LeftVectors {
    std::vector<double> values;  ///< singular values, falling
    Matrix vectors;              ///< a column for each
};

/// Left singular vectors and values of `a`, as many as it has rows; by the eigenvectors of a * a' (Jacobi's method), so
/// that values below 1e-8 of the largest are not told from zero.
LeftVectors left_singular_vectors(const Matrix& a);

/// The first `count` columns.
Matrix first_columns(const Matrix& a, std::size_t count);

/// x with a * x = b, where `a` is symmetric and positive (Cholesky; a little is added to its diagonal).
Matrix solve(Matrix a, Matrix b);

}  // namespace dyce
