#include "loaders/image/preprocess.h"

#include "loaders/image/resize.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include <xtensor/xadapt.hpp>
#include <xtensor/xbuilder.hpp>
#include <xtensor/xtensor.hpp>

namespace dyce {
namespace {

constexpr int kMaxSide = 16'384;

template <class Value>
[[noreturn]] void refuse(const std::string& where, const std::string& field, Value found,
                         const std::string& expected) {
    std::ostringstream message;
    message << field << " is " << found << ", expected " << expected;
    throw Error(ErrorCode::kContent, where, message.str());
}

void check_side(const std::string& where, const char* field, int value, int least) {
    if (value < least || value > kMaxSide)
        refuse(where, field, value, std::to_string(least) + ".." + std::to_string(kMaxSide));
}

// The size after the resize step: torchvision truncates the longer side.
ImageSize resized(const Preprocess& recipe, const Image& image) {
    const int width = image.width();
    const int height = image.height();
    if (recipe.resize == 0) return {width, height};
    const auto longer = [&](int a, int b) {
        return static_cast<int>(static_cast<double>(std::int64_t{recipe.resize} * a) / b);
    };
    if (width <= height) return {recipe.resize, longer(height, width)};
    return {longer(width, height), recipe.resize};
}

// Where a centre crop of `crop` begins in `side` pixels: Python's rounding (halves to even); negative when
// the image is smaller and must be padded.
int crop_begin(int side, int crop) {
    if (side < crop) return -((crop - side) / 2);
    return static_cast<int>(std::nearbyint((side - crop) / 2.0));
}

// The part of the cropped image that shows pixels; the rest is padding.
Window visible(const ImageSize& size, int x, int y, int width, int height) {
    const int left = std::max(x, 0);
    const int top = std::max(y, 0);
    return {left, top, std::min(x + width, size.width) - left, std::min(y + height, size.height) - top};
}

// What each of the 256 values of each channel becomes, by the operations (and roundings) of torchvision.
xt::xtensor<float, 2> normalised_values(const Preprocess& recipe) {
    const auto column = std::array<std::size_t, 2>{3, 1};
    const auto mean = xt::adapt(recipe.mean.data(), 3, xt::no_ownership(), column);
    const auto std = xt::adapt(recipe.std.data(), 3, xt::no_ownership(), column);
    return (xt::arange<float>(256.0F) / 255.0F - mean) / std;
}

// A recipe without a crop takes images of one size.
[[noreturn]] void refuse_size(const Preprocess& recipe, const ImageSize& size) {
    const std::string side = std::to_string(std::min(recipe.width, recipe.height));
    throw Error(ErrorCode::kContent, "image",
                size.to_string() + (recipe.resize == 0 ? " pixels" : " pixels after the resize") +
                    ", the network takes " + std::to_string(recipe.width) + "x" +
                    std::to_string(recipe.height) + " and the recipe has no crop; for images of any size " +
                    "make the model anew: dyce convert SRC --resize " + side + " --crop " + side +
                    " .. -o MODEL.safetensors");
}

}  // namespace

void validate(const Preprocess& recipe, const std::string& where) {
    check_side(where, "height", recipe.height, 1);
    check_side(where, "width", recipe.width, 1);
    check_side(where, "resize", recipe.resize, 0);
    check_side(where, "crop", recipe.crop, 0);
    const std::string input = std::to_string(recipe.height) + "x" + std::to_string(recipe.width);
    if (recipe.crop != 0 && (recipe.crop != recipe.height || recipe.crop != recipe.width))
        refuse(where, "crop", recipe.crop, "the sides of the input, " + input);
    if (recipe.resize != 0 && recipe.crop > recipe.resize)
        refuse(where, "crop", recipe.crop, "at most resize, " + std::to_string(recipe.resize));
    if (recipe.resize != 0 && recipe.crop == 0 && recipe.resize != std::min(recipe.height, recipe.width))
        refuse(where, "resize", recipe.resize,
               "the shorter side of the input, " + input + ", as there is no crop");
    for (std::size_t c = 0; c < 3; ++c) {
        const std::string index = "[" + std::to_string(c) + "]";
        if (!std::isfinite(recipe.mean[c])) refuse(where, "mean" + index, recipe.mean[c], "a finite number");
        if (!std::isfinite(recipe.std[c]) || recipe.std[c] <= 0)
            refuse(where, "std" + index, recipe.std[c], "a finite number over 0");
    }
}

void apply(const Preprocess& recipe, const Image& image, float* dst) {
    const ImageSize size = resized(recipe, image);
    if (recipe.crop == 0 && (size.width != recipe.width || size.height != recipe.height))
        refuse_size(recipe, size);
    const int x = crop_begin(size.width, recipe.width);
    const int y = crop_begin(size.height, recipe.height);
    const Window window = visible(size, x, y, recipe.width, recipe.height);

    const std::uint8_t* pixels = image.pixels() + 3 * (std::int64_t{window.y} * image.width() + window.x);
    std::int64_t row_pixels = image.width();
    std::vector<std::uint8_t> resized_pixels;
    if (recipe.resize != 0 && (size.width != image.width() || size.height != image.height())) {
        resized_pixels = resize(image, size, recipe.interpolation, window);
        pixels = resized_pixels.data();
        row_pixels = window.width;
    }

    const auto values = normalised_values(recipe);
    const std::int64_t plane = std::int64_t{recipe.height} * recipe.width;
    for (std::int64_t c = 0; c < 3; ++c) {
        const float* value = &values(static_cast<std::size_t>(c), 0);
        float* channel = dst + c * plane;
        if (window.width < recipe.width || window.height < recipe.height)
            std::fill_n(channel, plane, value[0]);
        for (int j = 0; j < window.height; ++j) {
            const std::uint8_t* src = pixels + 3 * row_pixels * j + c;
            float* row = channel + std::int64_t{window.y - y + j} * recipe.width + (window.x - x);
            for (int i = 0; i < window.width; ++i) row[i] = value[src[3 * i]];
        }
    }
}

}  // namespace dyce
