// From a sample to the numbers that a network reads. Functions; any thread.
#pragma once

#include "loaders/format/model_file.h"

#include <dyce/sample.h>

#include <span>

namespace dyce {

/// Looks at what costs no time. Throws Error{kUsage} naming the input when the model has none of that name or
/// lacks one, reads another kind there, or a tensor is not of its type and shape.
void check_sample(const ModelData& model, const Sample& sample);

/// Writes the numbers of a checked sample's tensor. Throws Error{kContent} naming one that is not finite.
void copy_prepared(const Tensor& tensor, std::span<float> image);

}  // namespace dyce
