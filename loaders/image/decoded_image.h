// Decoded pixels on their way into an Image, and the size check every decoder makes before it allocates.
#pragma once

#include <dyce/error.h>
#include <dyce/image.h>

#include <cstdint>
#include <memory>
#include <string>

namespace dyce {

struct ImageSize {
    int width = 0;
    int height = 0;

    std::int64_t pixels() const { return std::int64_t{width} * height; }
    std::string to_string() const { return std::to_string(width) + "x" + std::to_string(height); }
};

struct DecodedImage {
    ImageSize size;
    std::shared_ptr<const std::uint8_t> rgb;  ///< interleaved, row by row
};

/// Throws Error{kContent} on a zero side, Error{kResource} over a limit.
inline ImageSize checked_size(std::uint32_t width, std::uint32_t height, const ImageLimits& limits,
                              const std::string& name) {
    const std::string size = std::to_string(width) + "x" + std::to_string(height);
    if (width == 0 || height == 0)
        throw Error(ErrorCode::kContent, name, "the header says " + size + " pixels, a side must not be 0");
    const auto side = static_cast<std::uint32_t>(limits.side);
    if (width > side || height > side)
        throw Error(ErrorCode::kResource, name,
                    "the header says " + size + " pixels, the limit of a side is " + std::to_string(side));
    const ImageSize result{static_cast<int>(width), static_cast<int>(height)};
    if (result.pixels() > limits.pixels)
        throw Error(ErrorCode::kResource, name,
                    "the header says " + size + " pixels, the limit is " + std::to_string(limits.pixels) +
                        " in total");
    return result;
}

}  // namespace dyce
