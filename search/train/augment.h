// A picture shifted and mirrored at random, so that training sees more pictures than there are. A function.
#pragma once

#include "loaders/image/preprocess.h"
#include "search/train/random.h"

namespace dyce {

/// Moves the prepared picture (3 x height x width) by up to an eighth of its sides, black flowing in, and
/// mirrors it every second time: the random crop with a padding of 4 and flip that CIFAR networks are trained
/// with, at any size. `from` and `to` do not overlap.
void augment(const Preprocess& recipe, Random random, const float* from, float* to);

}  // namespace dyce
