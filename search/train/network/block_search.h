// Which blocks a network misses least. Functions.
#pragma once

#include "loaders/format/model_file.h"
#include "search/train/network/image_store.h"

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace dyce {

/// Where a search stands after one more block was dropped.
struct DroppedBlock {
    int block;     ///< number of the site that it ends at, in the whole network
    double loss;   ///< of the classifier, averaged over the images
    double share;  ///< of the whole network's multiply-adds that are left
};

/// Drops one block after another until no more than `share` of the multiply-adds of the backbone are left: the one
/// whose absence adds least to the loss of the classifier for each multiply-add that it saves. That price is taken to
/// rise as blocks go: a block is looked at again only while what it had last is the least (lazy greedy, Minoux 1978). `images` are numbers
/// in the store, not none; `tell` hears of each, `progress` how many networks were tried, of at most how many. Throws
/// Error{kUsage} at --drop-blocks when too much is left without all blocks that can be dropped.
std::vector<int> choose_blocks(const Member& member, double share, const ImageStore& store,
                               std::span<const std::int64_t> images, int threads,
                               const std::function<void(const DroppedBlock&)>& tell,
                               const std::function<void(std::int64_t done, std::int64_t all)>& progress);

}  // namespace dyce
