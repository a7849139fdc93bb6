#include "loaders/dataset/image_files.h"

#include <dyce/error.h>

namespace dyce {

void ImageFiles::add(std::string_view path, int label) {
    if (size() == limits_.images)
        throw Error(ErrorCode::kResource, folder_,
                    "more than " + std::to_string(limits_.images) + " images, which is the limit");
    paths_ += path;
    ends_.push_back(paths_.size());
    labels_.push_back(label);
}

std::string ImageFiles::name(std::int64_t i) const {
    const auto index = static_cast<std::size_t>(i);
    const std::uint64_t begin = index == 0 ? 0 : ends_[index - 1];
    return paths_.substr(begin, ends_[index] - begin);
}

Image ImageFiles::image(std::int64_t i) const {
    const std::string path = folder_.empty() ? name(i) : folder_ + "/" + name(i);
    return Image::load(path, limits_.image);
}

}  // namespace dyce
