// Antialiased resizing, equal to Pillow's Image.resize bit for bit. Stateless; any thread.
// Source: separable convolution with the filter stretched by the reduction factor (P. Heckbert, Fundamentals
// of Texture Mapping, 1989), in the fixed-point arithmetic of Pillow's 8-bit path.
#pragma once

#include "loaders/image/decoded_image.h"
#include "loaders/image/preprocess.h"

#include <cstdint>
#include <vector>

namespace dyce {

/// A rectangle of pixels.
struct Window {
    int x = 0;
    int y = 0;
    int width = 0;
    int height = 0;
};

/// Resizes `image` to `size` and returns the interleaved RGB pixels of `window`, which must lie inside; only
/// what it needs is computed.
std::vector<std::uint8_t> resize(const Image& image, const ImageSize& size, Interpolation interpolation,
                                 const Window& window);

}  // namespace dyce
