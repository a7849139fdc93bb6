// Labelled images decoded once and kept in memory, a byte a number. Immutable; shared by threads.
#pragma once

#include "loaders/dataset/dataset.h"
#include "loaders/image/preprocess.h"

#include <array>
#include <cstdint>
#include <vector>

namespace dyce {

class ImageStore {
public:
    /// Reads all images on `threads` threads, resized and cropped by the recipe; those that cannot be read
    /// are left out. Throws Error{kResource} where they would take more than 16 GiB.
    ImageStore(const Dataset& images, const Preprocess& recipe, int threads);

    const Preprocess& recipe() const { return recipe_; }
    std::int64_t size() const { return static_cast<std::int64_t>(labels_.size()); }
    std::int64_t missing() const { return missing_; }
    int label(std::int64_t i) const { return labels_[static_cast<std::size_t>(i)]; }
    /// Numbers of one image: channels x height x width.
    std::size_t numbers() const { return numbers_; }
    /// Image `i` as the recipe normalises it.
    void read(std::int64_t i, float* to) const;

private:
    Preprocess recipe_;
    std::size_t numbers_;
    std::array<std::array<float, 256>, 3> normalised_;  // per channel and byte
    std::vector<std::uint8_t> bytes_;
    std::vector<int> labels_;
    std::int64_t missing_ = 0;
};

}  // namespace dyce
