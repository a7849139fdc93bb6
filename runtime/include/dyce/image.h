// A decoded image: 8-bit RGB, row by row. A value; copies share the pixels, which never change.
#pragma once

#include <dyce/export.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace dyce {

/// What a decoder accepts before it refuses an image with Error{kResource}.
struct ImageLimits {
    std::uint64_t file_bytes = std::uint64_t{32} << 20;
    int side = 16'384;
    std::int64_t pixels = 50'000'000;
};

/// How pixels lie in memory: 8 bits a value, those of a pixel side by side.
enum class PixelFormat { kRgb, kBgr, kGrey };

class DYCE_API Image {
public:
    /// Reads a JPEG, PNG or, in builds with libwebp, WebP file. EXIF orientation and ICC profiles are ignored,
    /// alpha is dropped, grey is repeated, 16-bit samples keep their high byte; of an animation the first frame.
    /// Throws Error{kIo} when unreadable, Error{kContent} when not a valid image of these, Error{kResource}
    /// over a limit.
    static Image load(const std::string& path, const ImageLimits& limits = {});
    /// The same from memory; `name` is used in error messages.
    static Image decode(const void* bytes, std::size_t size, const std::string& name = "image",
                        const ImageLimits& limits = {});
    /// Copies `width` x `height` pixels; grey is repeated. Rows begin `stride_bytes` apart: 0 = without gaps,
    /// negative = the first row lies last in memory. `pixels` points to the upper left pixel.
    /// Throws Error{kUsage} on a size <= 0, a null pointer, or rows that would overlap.
    static Image from_pixels(int width, int height, const void* pixels, std::ptrdiff_t stride_bytes = 0,
                             PixelFormat format = PixelFormat::kRgb);
    /// The same of interleaved RGB without gaps.
    static Image from_rgb(int width, int height, const std::uint8_t* pixels);

    int width() const noexcept { return width_; }
    int height() const noexcept { return height_; }
    /// width() * height() * 3 bytes, row-major, R G B.
    const std::uint8_t* pixels() const noexcept { return pixels_.get(); }

private:
    Image(int width, int height, std::shared_ptr<const std::uint8_t> pixels)
        : width_(width), height_(height), pixels_(std::move(pixels)) {}

    int width_;
    int height_;
    std::shared_ptr<const std::uint8_t> pixels_;
};

}  // namespace dyce
