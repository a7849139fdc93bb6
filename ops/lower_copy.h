// Steps that copy elements by tables made once, at compile time. Stateless.
#pragma once

#include "ops/element_copy.h"
#include "ops/lowering.h"

#include <array>
#include <cstddef>

namespace dyce::ops {

/// Appends the step out[..] = in[..] of copy_elements() for the node's first input and output.
void lower_copy(Lowering& lowering, OffsetTables tables, const std::array<std::byte, 8>& filler = {});

/// The same for copies along each axis by itself, in whatever order the input's axes lie in memory: layouts
/// pass through such a step.
void lower_copy_by_position(Lowering& lowering, const PositionTables& positions,
                            const std::array<std::byte, 8>& filler = {});

}  // namespace dyce::ops
