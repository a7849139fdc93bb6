#include "search/train/network/split_images.h"

#include "search/train/train_heads.h"

#include <dyce/error.h>

#include <cmath>
#include <numeric>

namespace dyce {
namespace {

constexpr std::uint64_t kHoldout = 4;  // purpose of the random numbers

}  // namespace

ImageSplit split_images(std::int64_t count, double holdout, std::uint64_t seed) {
    const auto held_out = std::llround(holdout * static_cast<double>(count));
    ImageSplit split;
    for (const std::int64_t image : shuffled(count, seed, kHoldout, 0))
        (static_cast<std::int64_t>(split.held_out.size()) < held_out ? split.held_out : split.train)
            .push_back(image);
    return split;
}

void check_enough(const ImageSplit& split, const ImageStore& store, std::int64_t count, std::int64_t batch) {
    if (static_cast<std::int64_t>(split.train.size()) >= batch) return;
    throw Error(ErrorCode::kContent, "--data",
                std::to_string(count) + " images, " + std::to_string(store.missing()) +
                    " of them unreadable and " + std::to_string(split.held_out.size()) +
                    " held out: fewer are left than a batch of " + std::to_string(batch));
}

std::vector<std::int64_t> all_images(const ImageStore& store) {
    std::vector<std::int64_t> images(static_cast<std::size_t>(store.size()));
    std::iota(images.begin(), images.end(), 0);
    return images;
}

}  // namespace dyce
