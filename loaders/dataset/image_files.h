// A dataset of image files under one folder. Filled by one thread, then immutable and shared freely.
#pragma once

#include "loaders/dataset/dataset.h"

#include <string_view>

namespace dyce {

class ImageFiles : public Dataset {
public:
    /// Paths are relative to `folder` (empty: the current one).
    ImageFiles(std::string folder, const DatasetLimits& limits)
        : folder_(std::move(folder)), limits_(limits) {}

    /// Throws Error{kResource} beyond the limit of images.
    void add(std::string_view path, int label);

    std::int64_t size() const override { return static_cast<std::int64_t>(labels_.size()); }
    std::string name(std::int64_t i) const override;
    int label(std::int64_t i) const override { return labels_[static_cast<std::size_t>(i)]; }
    Image image(std::int64_t i) const override;

private:
    std::string folder_;
    DatasetLimits limits_;
    // All paths in one block: a million of them cost their bytes and 12 more each.
    std::string paths_;
    std::vector<std::uint64_t> ends_;
    std::vector<std::int32_t> labels_;
};

}  // namespace dyce
