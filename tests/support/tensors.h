// Tensors made for tests, and how far two of them are apart.
#pragma once

#include <dyce/tensor.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>

namespace dyce::test {

/// Uniform float32 values in [low, high), the same on every machine.
inline Tensor random_tensor(const Shape& shape, std::mt19937& random, float low = -1, float high = 1) {
    Tensor result(DataType::kFloat32, shape);
    std::generate_n(result.mutable_data<float>(), result.elements(), [&] {
        return low + (high - low) * static_cast<float>(random() >> 8) / 16777216.f;  // 24 bits
    });
    return result;
}
inline Tensor random_tensor(const Shape& shape, unsigned seed, float low = -1, float high = 1) {
    std::mt19937 random(seed);
    return random_tensor(shape, random, low, high);
}

/// The first `count` rows, such as images or their logits.
inline Tensor first_rows(const Tensor& tensor, std::int64_t count) {
    Shape shape = tensor.shape();
    shape[0] = count;
    Tensor rows(tensor.dtype(), shape);
    std::memcpy(rows.mutable_bytes(), tensor.bytes(), rows.byte_size());
    return rows;
}

/// The largest magnitude.
inline float largest_magnitude(const Tensor& tensor) {
    float result = 0;
    for (std::int64_t i = 0; i < tensor.elements(); ++i)
        result = std::max(result, std::abs(tensor.data<float>()[i]));
    return result;
}

/// The largest difference; infinity when shapes differ or a value is not a number.
inline float largest_difference(const Tensor& a, const Tensor& b) {
    if (a.shape() != b.shape()) return INFINITY;
    float result = 0;
    for (std::int64_t i = 0; i < a.elements(); ++i) {
        const float difference = std::abs(a.data<float>()[i] - b.data<float>()[i]);
        if (!(difference <= result)) result = std::isnan(difference) ? INFINITY : difference;
    }
    return result;
}

/// Checks that both are float32 of one shape, all finite, and differ by at most `tolerance` of the largest number
/// expected.
inline void check_close_to_largest(const Tensor& actual, const Tensor& expected, float tolerance) {
    REQUIRE(actual.type() == expected.type());
    REQUIRE(std::isfinite(largest_magnitude(expected)));
    CHECK(largest_difference(actual, expected) <= tolerance * largest_magnitude(expected));
}

}  // namespace dyce::test
