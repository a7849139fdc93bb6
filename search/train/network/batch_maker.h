// The minibatches of a training: which images, how changed, with which labels. They depend on the seed, the
// epoch and the place alone. One thread; it shares its work between the compute threads.
#pragma once

#include "search/train/network/image_store.h"

#include <cstdint>
#include <span>
#include <vector>

namespace dyce {

struct AugmentOptions {
    bool shift = true;     ///< by up to an eighth of the sides, and mirrored
    bool reflect = false;  ///< shifted as augment_reflected() does
    int cutout = 0;        ///< side of a square that is covered; 0 = none
    double mixup = 0;      ///< alpha of the shares that two images are mixed by; 0 = none
};

/// An image that is `share` of class `label` and the rest of class `other`.
struct Target {
    int label, other;
    float share;
};

class BatchMaker {
public:
    /// `images`: numbers in the store to train on. The store outlives this object.
    BatchMaker(const ImageStore& store, std::vector<std::int64_t> images, std::int64_t batch,
               const AugmentOptions& options, std::uint64_t seed);

    /// Whole batches of an epoch; what is left over waits for another epoch's order.
    std::int64_t batches() const { return static_cast<std::int64_t>(images_.size()) / batch_; }
    /// Fills batch x 3 x height x width numbers, and one target an image.
    void make(std::int64_t epoch, std::int64_t index, std::span<float> numbers, std::span<Target> targets);

private:
    void prepare(std::int64_t epoch, std::int64_t place, float* to, float* scratch) const;

    const ImageStore& store_;
    std::vector<std::int64_t> images_, order_;
    std::int64_t batch_, epoch_ = -1;
    AugmentOptions options_;
    std::uint64_t seed_;
    std::vector<float> scratch_;  // two images for each of the batch
};

}  // namespace dyce
