#include "tools/bench/prepared_images.h"

#include "tools/cli/inputs.h"

#include <algorithm>
#include <cstdint>
#include <random>

namespace dyce {

namespace {

// each(number) for up to `limit` images, evenly spread.
template <class Each>
void each_spread(const Dataset& dataset, std::int64_t limit, const Each& each) {
    const std::int64_t count = std::min(limit, dataset.size());
    for (std::int64_t i = 0; i < count; ++i) each(i * dataset.size() / count);
}

}  // namespace

std::vector<Image> load_spread(const std::string& path, const ModelData& model, std::int64_t limit) {
    const auto dataset = open_data(path, model);
    std::vector<Image> images;
    each_spread(*dataset, limit, [&](std::int64_t i) { images.push_back(dataset->image(i)); });
    return images;
}

std::vector<int> spread_labels(const std::string& path, const ModelData& model, std::int64_t limit) {
    const auto dataset = open_data(path, model);
    std::vector<int> labels;
    each_spread(*dataset, limit, [&](std::int64_t i) { labels.push_back(dataset->label(i)); });
    return labels;
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
