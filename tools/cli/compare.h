// Comparison of tensors with a tolerance.
#pragma once

#include <dyce/tensor.h>

#include <string>

namespace dyce {

struct Tolerance {
    double relative, absolute;
};

struct Comparison {
    bool fits = false;
    double max_absolute = 0, max_relative = 0;
    std::string problem;  ///< what is wrong, when it does not fit
};

/// |ours - expected| <= absolute + relative * |expected| for float32 (NaN equals NaN, infinities must be
/// equal); integers, bools, types and shapes must be equal.
Comparison compare(const Tensor& ours, const Tensor& expected, const Tolerance& tolerance);

}  // namespace dyce
