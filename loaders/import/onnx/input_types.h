// Types of graph inputs: what the file says, completed by what the caller says. Stateless.
#pragma once

#include "loaders/import/onnx/onnx_model.h"

#include <optional>

namespace dyce {

/// The number of images that a file exported without a batch dimension counts, e.g. 1; nothing when the
/// first dimension of its inputs is open. Bound inputs do not count.
std::optional<std::int64_t> fixed_batch(const OnnxModel& model, const OnnxOptions& options);

/// Type of an input that is not bound; an open first dimension becomes `batch` when options.batched.
/// Throws Error{kContent} when it is not float32 or its size overflows, Error{kUsage} when a dimension stays
/// open or contradicts options.input_shape.
TensorType input_type(const OnnxModel& model, const OnnxInput& input, const OnnxOptions& options,
                      std::int64_t batch);

/// Throws Error{kUsage} for a binding that is no graph input, or not of its type.
void check_bindings(const OnnxModel& model, const OnnxOptions& options);

}  // namespace dyce
