// What the operators that only rename dimensions share: the bytes stay, row-major. Stateless.
#pragma once

#include "ops/spec/op.h"

namespace dyce::ops {

/// Copies the bytes.
void reference_view(const OpCall& call, std::span<const TensorView> in,
                    std::span<const MutableTensorView> out);

/// No step at all where the input is row-major; else its re-order to row-major.
void lower_view(const OpCall& call, Lowering& lowering);

}  // namespace dyce::ops
