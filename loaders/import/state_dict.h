// State dicts of timm / torchvision networks (.safetensors) as graphs, by architecture name.
#pragma once

#include "graph/graph.h"

#include <optional>
#include <string>

namespace dyce {

/// Builds the backbone `architecture` (see models/backbones.h) with the weights of `path`, for images of
/// 3 x H x W (`input`; the architecture's usual size when empty); the result is not simplified yet. The
/// classifier's weight tells the number of classes. Half, bfloat16 and double weights become float32;
/// num_batches_tracked and what the backbone leaves out (auxiliary classifiers) are ignored, and so is a prefix
/// "state_dict.", "model." or "module." that all names share; older names of the published files are known. A
/// weight may lack the trailing 1 x 1 of a convolution, or have it where a linear layer is meant.
/// Throws Error{kUsage} for an unknown architecture (names the nearest), Error{kContent} listing all missing
/// and unexpected tensors and wrong shapes, and what Safetensors::open() throws.
Graph import_state_dict(const std::string& path, const std::string& architecture,
                        const std::optional<Shape>& input = {});

}  // namespace dyce
