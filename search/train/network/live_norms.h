// Batch norms for a network that has none any more, because they were folded into its convolutions: such a network
// trains at no rate (docs/training.md, "Live norms"). A function.
#pragma once

#include "loaders/format/model_file.h"
#include "search/train/network/image_store.h"

#include <span>

namespace dyce {

/// Puts a batch norm behind every convolution that has constants of its own and is not read by a norm. Its statistics
/// are those of the convolution's output over some of the images, its scale and shift what makes the network compute
/// the same as before; the filters get length 1, which norms undo. Values keep their names: the norm makes what the
/// convolution made. `images` are numbers in the store, not none.
void add_live_norms(Member& member, const ImageStore& store, std::span<const std::int64_t> images,
                    int threads);

}  // namespace dyce
