// How torchvision prepares images for its weights entries (torchvision 0.14, BSD-3: sizes only). Constant data.
#pragma once

#include "loaders/image/preprocess.h"

#include <span>

namespace dyce {

struct TorchvisionEntry {
    const char* name;  ///< "ResNet50_Weights.IMAGENET1K_V2"
    int resize, crop;
    Interpolation interpolation = Interpolation::kBilinear;
    bool is_centred = false;  ///< mean and std are 0.5, not ImageNet's
};

/// Sorted by name.
std::span<const TorchvisionEntry> torchvision_entries();

}  // namespace dyce
