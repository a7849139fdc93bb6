// How two networks' logits compare.
#pragma once

#include <dyce/tensor.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>

namespace dyce::test {

inline float largest(const Tensor& tensor) {
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

/// The first of several images, or its logits.
inline Tensor first_row(const Tensor& tensor) {
    Shape shape = tensor.shape();
    shape[0] = 1;
    return {tensor.dtype(), shape, tensor.bytes(), std::make_shared<Tensor>(tensor)};
}

}  // namespace dyce::test
