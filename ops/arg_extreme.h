// What ArgMax and ArgMin share. Stateless.
#pragma once

#include "ops/spec/op.h"

namespace dyce::ops {

inline constexpr AttributeSpec kArgExtremeAttributes[] = {{"axis", AttributeKind::kInt},
                                                          {"keepdims", AttributeKind::kInt},
                                                          {"select_last_index", AttributeKind::kInt}};

/// int64 indices; the axis has size 1, or is gone with keepdims 0. An empty axis is refused.
std::vector<TensorType> infer_arg_extreme(const OpCall& call);

/// out = where along the axis the largest element is, times `sign`: 1 for the largest, -1 for the smallest.
/// Of equal ones the first, or the last with select_last_index.
void arg_extreme(const OpCall& call, int sign, const TensorView& in, const MutableTensorView& out);

}  // namespace dyce::ops
