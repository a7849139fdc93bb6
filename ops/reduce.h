// What the reductions over axes share: attributes `axes` (all when absent or empty, unless
// noop_with_empty_axes is set) and `keepdims`. Stateless.
#pragma once

#include "ops/spec/op.h"

namespace dyce::ops {

inline constexpr AttributeSpec kReduceAttributes[] = {{"axes", AttributeKind::kInts},
                                                      {"keepdims", AttributeKind::kInt},
                                                      {"noop_with_empty_axes", AttributeKind::kInt}};

/// For each axis of the input whether it is reduced.
std::vector<bool> reduced_axes(const OpCall& call);

std::vector<TensorType> infer_reduce(const OpCall& call);

/// out = sums over the reduced axes (accumulated in double), divided by `divisor`.
void sum_over(const OpCall& call, double divisor, const TensorView& in, const MutableTensorView& out);

}  // namespace dyce::ops
