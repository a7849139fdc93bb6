// Images changed at random, so that training sees more of them than there are. Functions.
#pragma once

#include "loaders/image/preprocess.h"
#include "search/train/random.h"

namespace dyce {

/// Moves the prepared image (channels x height x width) by up to an eighth of its sides, black flowing in, and
/// mirrors it every second time: the random crop with a padding of 4 and flip that CIFAR networks are trained
/// with, at any size. `from` and `to` do not overlap.
void augment(const Preprocess& recipe, Random random, const float* from, float* to);

/// The same with the image's own mirror image flowing in, and every second image is not moved at all: for networks that
/// decide by averages over the whole image, which black borders shift (docs/decisions/0032-dropped-blocks-and-gates.md).
void augment_reflected(const Preprocess& recipe, Random random, const float* from, float* to);

/// Covers a square of side x side with the mean colour, its centre anywhere on the image: what sticks out
/// is cut off (Cutout, arXiv 1708.04552).
void cut_out(const Preprocess& recipe, int side, Random random, float* image);

/// A number in (0, 1) of the distribution Beta(alpha, alpha), 0 < alpha <= 1: how two images are mixed
/// (mixup, arXiv 1710.09412).
double mixing_share(double alpha, Random random);

}  // namespace dyce
