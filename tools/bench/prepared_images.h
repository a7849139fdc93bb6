// The images that configurations are timed on, decoded before any clock runs. Immutable once made.
#pragma once

#include "loaders/format/model_file.h"

#include <dyce/image.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dyce {

/// Up to `limit` images of the labelled set at `path`, evenly spread over it: sets are often sorted by
/// class. Throws as open_dataset() and Dataset::image() do.
std::vector<Image> load_spread(const std::string& path, const ModelData& model, std::int64_t limit);

/// Their labels.
std::vector<int> spread_labels(const std::string& path, const ModelData& model, std::int64_t limit);

/// At least `count` images of random pixels, of the size of the last member's input; the first few again
/// and again.
std::vector<Image> noise_images(const ModelData& model, std::int64_t count);

/// Images as the members of a model want them.
class PreparedImages {
public:
    /// Throws Error{kContent} when an image does not fit the preprocessing.
    PreparedImages(const ModelData& model, const std::vector<Image>& images);

    std::size_t size() const { return count_; }
    std::span<const float> at(int member, std::size_t image) const;

private:
    std::size_t count_;
    std::vector<std::vector<float>> members_;  ///< all images of each
};

}  // namespace dyce
