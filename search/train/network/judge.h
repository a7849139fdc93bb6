// How often a network is right, as the runtime runs it. A function.
#pragma once

#include "loaders/format/model_file.h"
#include "search/train/network/picture_store.h"

#include <span>
#include <vector>

namespace dyce {

/// Of each output of the graph, on pictures of the store as they are: the share whose class has the largest
/// logit. Empty when there are no pictures. `member` is as a model stores it.
std::vector<double> judge(const Member& member, const PictureStore& store,
                          std::span<const std::int64_t> pictures, int threads);

}  // namespace dyce
