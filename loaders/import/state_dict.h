// State dicts of timm / torchvision networks (.safetensors) as graphs, by architecture name.
#pragma once

#include "graph/graph.h"

#include <string>

namespace dyce {

/// Builds the backbone `architecture` (see models/backbones.h) with the weights of `path`; the result is
/// not simplified yet. Throws Error{kUsage} for an unknown architecture (names the nearest), Error{kContent}
/// listing missing and unexpected tensors and wrong shapes; `.pth` files are refused with the lines that
/// re-save them.
Graph import_state_dict(const std::string& path, const std::string& architecture);

}  // namespace dyce
