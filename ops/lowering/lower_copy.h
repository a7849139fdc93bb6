// Steps that copy elements by tables made once, at compile time. Stateless.
#pragma once

#include "ops/lowering/element_copy.h"
#include "ops/lowering/lowering.h"

#include <array>
#include <cstddef>

namespace dyce::ops {

/// Appends the step that copies the node's first input to one of its outputs, along each axis by itself, in
/// whatever order the input's axes lie in memory: layouts pass through.
void lower_copy(Lowering& lowering, const PositionTables& positions,
                const std::array<std::byte, 8>& filler = {}, int output = 0);

}  // namespace dyce::ops
