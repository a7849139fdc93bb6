// How often a network is right, and how wrong it is, as the runtime runs it. Functions.
#pragma once

#include "loaders/format/model_file.h"
#include "search/train/network/image_store.h"

#include <span>
#include <vector>

namespace dyce {

/// Of each output of the graph, on images of the store as they are: the share whose class has the largest
/// logit; of a gate's, the share for which its stage runs. Gates are at work, with tau 0.5. Empty when there are no
/// images. `member` is as a model stores it.
std::vector<double> judge(const Member& member, const ImageStore& store, std::span<const std::int64_t> images,
                          int threads);

/// The cross-entropy of the first output, averaged over such images, which are not none; gates are at work here, too.
double classifier_loss(const Member& member, const ImageStore& store, std::span<const std::int64_t> images,
                       int threads);

}  // namespace dyce
