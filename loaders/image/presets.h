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

/// The same for a network of height x width, and of more names: "timm" (its default: shorter side as if the
/// centre crop were 7/8 of it, bicubic), "keras:tf", "keras:caffe", "keras:torch" (both sides as load_img
/// leaves them: nearest; the three modes of preprocess_input), and "torchvision:ENTRY" for the transforms of a
/// weights entry, as in "torchvision:ResNet50_Weights.IMAGENET1K_V2". Throws Error{kUsage} naming the nearest.
Preprocess preset(const std::string& name, int height, int width);

}  // namespace dyce
