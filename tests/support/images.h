// Images made for tests.
#pragma once

#include <dyce/image.h>

#include <cstdint>
#include <random>
#include <vector>

namespace dyce::test {

/// Of side x side pixels, every byte random.
inline std::vector<Image> random_images(int count, int side) {
    std::mt19937 random(9);
    std::vector<Image> images;
    for (int i = 0; i < count; ++i) {
        std::vector<std::uint8_t> pixels(static_cast<std::size_t>(side * side * 3));
        for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(random());
        images.push_back(Image::from_rgb(side, side, pixels.data()));
    }
    return images;
}

}  // namespace dyce::test
