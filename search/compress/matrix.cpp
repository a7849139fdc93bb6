#include "search/compress/matrix.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace dyce {
namespace {

constexpr int kMaxSweeps = 60;

double off_diagonal(const Matrix& a) {
    double sum = 0;
    for (std::size_t i = 0; i < a.rows; ++i)
        for (std::size_t j = 0; j < i; ++j) sum += a(i, j) * a(i, j);
    return sum;
}

// Turns the plane of i and j so that a(i, j) becomes zero.
void rotate(Matrix& a, Matrix& vectors, std::size_t i, std::size_t j) {
    if (a(i, j) == 0) return;
    const double theta = (a(j, j) - a(i, i)) / (2 * a(i, j));
    const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
    const double c = 1 / std::sqrt(t * t + 1), s = t * c;
    for (std::size_t k = 0; k < a.rows; ++k) {
        const double x = a(k, i), y = a(k, j);
        a(k, i) = c * x - s * y;
        a(k, j) = s * x + c * y;
    }
    for (std::size_t k = 0; k < a.rows; ++k) {
        const double x = a(i, k), y = a(j, k);
        a(i, k) = c * x - s * y;
        a(j, k) = s * x + c * y;
    }
    for (std::size_t k = 0; k < a.rows; ++k) {
        const double x = vectors(k, i), y = vectors(k, j);
        vectors(k, i) = c * x - s * y;
        vectors(k, j) = s * x + c * y;
    }
}

}  // namespace

Matrix transposed(const Matrix& a) {
    Matrix result(a.columns, a.rows);
    for (std::size_t i = 0; i < a.rows; ++i)
        for (std::size_t j = 0; j < a.columns; ++j) result(j, i) = a(i, j);
    return result;
}

Matrix product(const Matrix& a, const Matrix& b) {
    Matrix result(a.rows, b.columns);
    for (std::size_t i = 0; i < a.rows; ++i)
        for (std::size_t k = 0; k < a.columns; ++k) {
            const double factor = a(i, k);
            const double* from = b.numbers.data() + k * b.columns;
            double* to = result.numbers.data() + i * b.columns;
            for (std::size_t j = 0; j < b.columns; ++j) to[j] += factor * from[j];
        }
    return result;
}

LeftVectors left_singular_vectors(const Matrix& a) {
    Matrix gram = product(a, transposed(a)), vectors(a.rows, a.rows);
    double trace = 0;
    for (std::size_t i = 0; i < a.rows; ++i) {
        vectors(i, i) = 1;
        trace += gram(i, i);
    }
    for (int sweep = 0; sweep < kMaxSweeps && off_diagonal(gram) > 1e-32 * trace * trace; ++sweep)
        for (std::size_t i = 0; i + 1 < a.rows; ++i)
            for (std::size_t j = i + 1; j < a.rows; ++j) rotate(gram, vectors, i, j);
    std::vector<std::size_t> order(a.rows);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t x, std::size_t y) { return gram(x, x) > gram(y, y); });
    LeftVectors result{{}, Matrix(a.rows, a.rows)};
    for (std::size_t c = 0; c < order.size(); ++c) {
        result.values.push_back(std::sqrt(std::max(gram(order[c], order[c]), 0.0)));
        for (std::size_t r = 0; r < a.rows; ++r) result.vectors(r, c) = vectors(r, order[c]);
    }
    return result;
}

Matrix first_columns(const Matrix& a, std::size_t count) {
    Matrix result(a.rows, count);
    for (std::size_t i = 0; i < a.rows; ++i)
        for (std::size_t j = 0; j < count; ++j) result(i, j) = a(i, j);
    return result;
}

Matrix solve(Matrix a, Matrix b) {
    double trace = 0;
    for (std::size_t i = 0; i < a.rows; ++i) trace += a(i, i);
    const double little = 1e-9 * trace / static_cast<double>(std::max<std::size_t>(a.rows, 1)) + 1e-300;
    for (std::size_t i = 0; i < a.rows; ++i) {
        a(i, i) += little;
        for (std::size_t j = 0; j <= i; ++j) {
            double sum = a(i, j);
            for (std::size_t k = 0; k < j; ++k) sum -= a(i, k) * a(j, k);
            a(i, j) = i == j ? std::sqrt(std::max(sum, little)) : sum / a(j, j);
        }
    }
    for (std::size_t c = 0; c < b.columns; ++c) {
        for (std::size_t i = 0; i < a.rows; ++i) {
            for (std::size_t k = 0; k < i; ++k) b(i, c) -= a(i, k) * b(k, c);
            b(i, c) /= a(i, i);
        }
        for (std::size_t i = a.rows; i-- > 0;) {
            for (std::size_t k = i + 1; k < a.rows; ++k) b(i, c) -= a(k, i) * b(k, c);
            b(i, c) /= a(i, i);
        }
    }
    return b;
}

}  // namespace dyce
