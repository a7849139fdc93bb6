// Which images train and which judge. Functions.
#pragma once

#include "search/train/network/image_store.h"

#include <cstdint>
#include <vector>

namespace dyce {

/// Numbers in the store.
struct ImageSplit {
    std::vector<std::int64_t> train, held_out;
};

/// `holdout`: the share that takes no part in training; which images depends on the seed.
ImageSplit split_images(std::int64_t count, double holdout, std::uint64_t seed);

/// Throws Error{kContent} where fewer are left to train on than a batch. `count`: of the data set.
void check_enough(const ImageSplit& split, const ImageStore& store, std::int64_t count, std::int64_t batch);

std::vector<std::int64_t> all_images(const ImageStore& store);

}  // namespace dyce
