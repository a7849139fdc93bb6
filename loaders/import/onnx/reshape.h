// Reshape and Expand for any number of images. Stateless.
#pragma once

#include "loaders/import/onnx/node_context.h"

namespace dyce {

/// Attributes of a Reshape of `from` to `to`, dimensions as they are at the batch size being imported. In a
/// batched graph the first is written so that it grows with the batch: 0 (the input's) where the two agree,
/// else -1 (what is left).
Attributes reshape_to(const NodeContext& node, const Shape& from, const Shape& to);

}  // namespace dyce
