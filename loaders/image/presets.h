// Preprocessing recipes known by name. Pure functions.
#pragma once

#include "loaders/image/preprocess.h"

#include <string>
#include <vector>

namespace dyce {

/// "imagenet": shorter side 256 (bilinear), centre 224; "cifar10": 32x32 as it is. Both normalise by
/// ImageNet's mean and standard deviation, as the common checkpoints were trained.
/// Throws Error{kUsage} listing the names.
Preprocess preset(const std::string& name);

std::vector<std::string> preset_names();

}  // namespace dyce
