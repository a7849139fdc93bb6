// Winograd's minimal filtering, F(4x4, 3x3): a quarter of the multiplications of a 3x3 convolution.
// Stateless. Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016.
#pragma once

#include "ops/lowering/lowering.h"

#include <functional>

namespace dyce::ops {

/// Whether the operator is a convolution for which it is worth its transforms at `rows` images, and oneDNN
/// has it: measured alone on Zen 4, one thread and two, 1.4 to 3 times as fast as direct convolution from 32
/// x 32 channels on, slower at 16 x 16.
bool suits_winograd(const OpSpec& spec, const OpCall& call, std::int64_t rows);

/// oneDNN's implementation for `rows` images; empty where there is none that adds an image's numbers up in
/// one order in small batches and bigger ones. Where a later batch size would use another order, the lowering
/// is told. `describe` gives the candidates for so many images.
onednn::Descriptor select_winograd(const std::function<onednn::Descriptor(std::int64_t)>& describe,
                                   std::int64_t rows, Lowering& lowering);

}  // namespace dyce::ops
