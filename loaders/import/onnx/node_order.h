// The order in which nodes can run. Stateless.
#pragma once

#include "loaders/import/onnx/onnx_model.h"

namespace dyce {

/// Sorts `model.nodes` so that each comes after those it reads, otherwise in file order. Throws
/// Error{kContent} when a name is made twice or is not printable text of at most 512 bytes, when a node or
/// graph output reads what nothing makes, and when the nodes read each other in a circle.
void put_in_order(OnnxModel& model);

/// Throws Error{kContent} for a value's name that is empty, over 512 bytes or not printable text.
void check_onnx_name(const std::string& name, const std::string& path);

}  // namespace dyce
