// A convolution of integers: what its scales are, and how oneDNN is told. Stateless.
#pragma once

#include "ops/lowering/post_ops.h"

#include <optional>
#include <vector>

namespace dyce::ops {

struct Int8Convolution {
    Quantization source;
    std::optional<Quantization> destination;  ///< empty: float32
    std::vector<float> weight_steps;          ///< by output channel: weight = step * integer of -127 to 127
    std::vector<float> factors;               ///< likewise: number = factor * sum of products
};

/// Empty when the call's source is no integers, or its weights are no constants.
std::optional<Int8Convolution> find_int8_convolution(const OpCall& call, const Lowering& lowering);

/// Makes numbers of the sums before the post-ops of `fusion`, and the destination's integers behind them.
void add_scales(const Int8Convolution& integers, bool grouped, Lowering& lowering, Fusion& fusion);

/// The constant input `bias` as the primitive adds it.
Buffer bias_of(const Int8Convolution& integers, int bias, Lowering& lowering);

}  // namespace dyce::ops
