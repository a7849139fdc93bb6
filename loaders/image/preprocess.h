// The recipe that turns an image into a network's input. A value; part of the model and of its digest.
#pragma once

#include <dyce/image.h>
#include <dyce/tensor.h>

#include <array>
#include <string>

namespace dyce {

enum class Interpolation { kBilinear, kBicubic };

struct Preprocess {
    int height = 0;  ///< of the network's input
    int width = 0;
    int resize = 0;  ///< shorter side after an antialiased resize; 0 = no resize
    int crop = 0;    ///< side of the centre crop; 0 = no crop, the image must then have the input's size
    Interpolation interpolation = Interpolation::kBilinear;
    std::array<float, 3> mean{};  ///< subtracted from channel values in 0..1, RGB
    std::array<float, 3> std{1, 1, 1};

    /// Of a prepared image: channels x height x width.
    Shape shape() const { return {3, height, width}; }

    friend bool operator==(const Preprocess&, const Preprocess&) = default;
};

/// Throws Error{kContent} naming the field when the recipe is impossible (std 0, crop larger than resize,
/// a size that does not lead to height x width, a non-finite number, a side over 16,384).
void validate(const Preprocess& recipe, const std::string& where);

/// Resize, crop, scale to 0..1, normalise; writes 3 x height x width floats (channel, row, column) to `dst`.
/// Follows Pillow and torchvision. Throws Error{kContent} when the image does not fit the recipe.
void apply(const Preprocess& recipe, const Image& image, float* dst);

}  // namespace dyce
