// The recipe that turns an image into a network's input. A value; part of the model and of its digest.
#pragma once

#include <dyce/image.h>
#include <dyce/tensor.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace dyce {

/// Pixels of a side at most, of the input and on the way to it.
inline constexpr int kMaxSide = 16'384;

/// Pillow's filters.
enum class Interpolation { kBilinear, kBicubic, kNearest, kBox, kHamming, kLanczos };

inline constexpr std::array<const char*, 6> kInterpolationNames{"bilinear", "bicubic", "nearest",
                                                                "box",      "hamming", "lanczos"};

/// What an antialiased resize leads to; both sides change alike but for kBoth.
enum class ResizeTo {
    kShorter,   ///< the shorter side has `resize` pixels
    kLonger,    ///< the longer one
    kBoth,      ///< resize_width x resize, whatever the image's shape was
    kLetterbox  ///< as much of resize_width x resize as fits, the rest filled
};

enum class Colour { kRgb, kBgr, kGrey };
inline constexpr std::array<const char*, 3> kColourNames{"rgb", "bgr", "grey"};

struct Preprocess {
    int height = 0;  ///< of the network's input
    int width = 0;
    int resize = 0;  ///< side after an antialiased resize; 0 = no resize
    int crop = 0;    ///< height of the centre crop; 0 = no crop, the image must then have the input's size
    Interpolation interpolation = Interpolation::kBilinear;
    std::array<float, 3> mean{};  ///< subtracted from the values of the network's channels, in 0..1 or 0..255
    std::array<float, 3> std{1, 1, 1};
    int channels = 3;  ///< of the network's input: 3, or 1 of a grey image
    Colour colour = Colour::kRgb;
    bool bytes = false;  ///< values are 0..255 instead of 0..1
    ResizeTo resize_to = ResizeTo::kShorter;
    int resize_width = 0;                ///< of kBoth and kLetterbox
    std::array<std::uint8_t, 3> fill{};  ///< beside a letterboxed image: red, green, blue

    /// Numbers of one prepared image.
    std::size_t numbers() const {
        return static_cast<std::size_t>(channels) * static_cast<std::size_t>(height) *
               static_cast<std::size_t>(width);
    }
    /// What a byte is divided by.
    float divisor() const { return bytes ? 1.F : 255.F; }

    /// Of a prepared image: channels x height x width.
    Shape shape() const { return {channels, height, width}; }

    friend bool operator==(const Preprocess&, const Preprocess&) = default;
};

/// Throws Error{kContent} naming the field when the recipe is impossible (std 0, crop larger than resize,
/// a size that does not lead to height x width, a non-finite number, a side over 16,384, one channel in colour).
void validate(const Preprocess& recipe, const std::string& where);

/// Grey if asked, resize, crop, scale, normalise; writes channels x height x width floats to `dst`.
/// Follows Pillow and torchvision. Throws Error{kContent} when the image does not fit the recipe.
void apply(const Preprocess& recipe, const Image& image, float* dst);

}  // namespace dyce
