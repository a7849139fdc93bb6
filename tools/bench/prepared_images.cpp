#include "tools/bench/prepared_images.h"

#include "tools/cli/inputs.h"

#include <algorithm>
#include <cstdint>
#include <random>

namespace dyce {

std::vector<Image> load_spread(const std::string& path, const ModelData& model, std::int64_t limit) {
    const auto dataset = open_data(path, model);
    const std::int64_t count = std::min(limit, dataset->size());
    std::vector<Image> images;
    for (std::int64_t i = 0; i < count; ++i) images.push_back(dataset->image(i * dataset->size() / count));
    return images;
}

std::vector<Image> noise_images(const ModelData& model, std::int64_t count) {
    constexpr std::size_t kDifferent = 64;
    const Preprocess& recipe = model.last().preprocess;
    std::mt19937 random(1);
    std::vector<std::uint8_t> pixels(3 * static_cast<std::size_t>(recipe.height) *
                                     static_cast<std::size_t>(recipe.width));
    std::vector<Image> images;
    while (images.size() < kDifferent) {
        for (std::uint8_t& pixel : pixels) pixel = static_cast<std::uint8_t>(random());
        images.push_back(Image::from_rgb(recipe.width, recipe.height, pixels.data()));
    }
    while (static_cast<std::int64_t>(images.size()) < count)
        images.push_back(images[images.size() - kDifferent]);
    return images;
}

PreparedImages::PreparedImages(const ModelData& model, const std::vector<Image>& images)
    : count_(images.size()) {
    for (const Member& member : model.members) {
        const Preprocess& recipe = member.preprocess;
        const std::size_t size = recipe.numbers();
        std::vector<float>& prepared = members_.emplace_back(size * images.size());
        for (std::size_t i = 0; i < images.size(); ++i) apply(recipe, images[i], prepared.data() + i * size);
    }
}

std::span<const float> PreparedImages::at(int member, std::size_t image) const {
    const std::vector<float>& prepared = members_[static_cast<std::size_t>(member)];
    const std::size_t size = prepared.size() / count_;
    return std::span(prepared).subspan(image * size, size);
}

}  // namespace dyce
