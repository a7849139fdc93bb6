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

// The largest size of the image's shape in a box, as Pillow's ImageOps.contain has it: Python's rounding.
ImageSize contained(const Image& image, ImageSize box) {
    const double shape = static_cast<double>(image.width()) / image.height();
    const double wanted = static_cast<double>(box.width) / box.height;
    if (shape == wanted) return box;
    const auto side = [](int a, int b, int length) {
        return std::max(static_cast<int>(std::nearbyint(static_cast<double>(a) / b * length)), 1);
    };
    if (shape > wanted) return {box.width, side(image.height(), image.width(), box.width)};
    return {side(image.width(), image.height(), box.height), box.height};
}

// The size after the resize step: torchvision truncates the side that is not told.
ImageSize resized(const Preprocess& recipe, const Image& image) {
    const int width = image.width();
    const int height = image.height();
    if (recipe.resize == 0) return {width, height};
    if (recipe.resize_to == ResizeTo::kBoth) return {recipe.resize_width, recipe.resize};
    if (recipe.resize_to == ResizeTo::kLetterbox)
        return contained(image, {recipe.resize_width, recipe.resize});
    const auto other = [&](int a, int b) {
        return std::max(static_cast<int>(static_cast<double>(std::int64_t{recipe.resize} * a) / b), 1);
    };
    const bool width_is_told = (width <= height) == (recipe.resize_to == ResizeTo::kShorter);
    if (width_is_told) return {recipe.resize, other(height, width)};
    return {other(width, height), recipe.resize};
}

// As Pillow's convert("L"), in all three channels.
Image grey(const Image& image) {
    const std::int64_t count = std::int64_t{image.width()} * image.height();
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(3 * count));
    const std::uint8_t* from = image.pixels();
    for (std::size_t i = 0; i < pixels.size(); i += 3, from += 3) {
        const unsigned sum = from[0] * 19'595U + from[1] * 38'470U + from[2] * 7'471U + 0x8000U;
        pixels[i] = pixels[i + 1] = pixels[i + 2] = static_cast<std::uint8_t>(sum >> 16);
    }
    return Image::from_rgb(image.width(), image.height(), pixels.data());
}

// Where a centre crop of `crop` begins in `side` pixels: Python's rounding (halves to even); negative when
// the image is smaller and must be padded.
int crop_begin(int side, int crop) {
    if (side < crop) return -((crop - side) / 2);
    return static_cast<int>(std::nearbyint((side - crop) / 2.0));
}

// Where Pillow's ImageOps.pad leaves an image in a box that is no smaller.
int paste_begin(int side, int box) { return -static_cast<int>(std::nearbyint((box - side) * 0.5)); }

// The colour beside a letterboxed image, grey if the image is.
std::array<std::uint8_t, 3> fill_of(const Preprocess& recipe) {
    if (recipe.colour != Colour::kGrey) return recipe.fill;
    const Image pixel = grey(Image::from_rgb(1, 1, recipe.fill.data()));
    return {pixel.pixels()[0], pixel.pixels()[1], pixel.pixels()[2]};
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
    return (xt::arange<float>(256.0F) / recipe.divisor() - mean) / std;
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

void check_resize(const Preprocess& recipe, const std::string& where, const std::string& input) {
    const bool has_width = recipe.resize_to == ResizeTo::kBoth || recipe.resize_to == ResizeTo::kLetterbox;
    check_side(where, "resize_width", recipe.resize_width, has_width ? 1 : 0);
    const ImageSize box{has_width ? recipe.resize_width : recipe.resize, recipe.resize};
    if (recipe.crop != 0 && recipe.resize_to != ResizeTo::kLonger &&
        (recipe.crop > box.height || recipe.width > box.width))
        refuse(where, "crop", recipe.crop,
               "at most resize, " + (has_width ? box.to_string() : std::to_string(recipe.resize)));
    if (recipe.crop != 0) return;
    const bool is_shorter = recipe.resize_to == ResizeTo::kShorter;
    const int side =
        is_shorter ? std::min(recipe.height, recipe.width) : std::max(recipe.height, recipe.width);
    const bool fits =
        has_width ? box.width == recipe.width && box.height == recipe.height : recipe.resize == side;
    if (!fits)
        refuse(where, "resize", recipe.resize,
               std::string(has_width    ? "the"
                           : is_shorter ? "the shorter side of the"
                                        : "the longer side of the") +
                   " input, " + input + ", as there is no crop");
}

}  // namespace

void validate(const Preprocess& recipe, const std::string& where) {
    check_side(where, "height", recipe.height, 1);
    check_side(where, "width", recipe.width, 1);
    check_side(where, "resize", recipe.resize, 0);
    check_side(where, "crop", recipe.crop, 0);
    const std::string input = std::to_string(recipe.height) + "x" + std::to_string(recipe.width);
    if (recipe.crop != 0 && recipe.crop != recipe.height)
        refuse(where, "crop", recipe.crop, "the sides of the input, " + input);
    if (recipe.resize != 0) check_resize(recipe, where, input);
    if (recipe.channels != 3 && recipe.channels != 1) refuse(where, "channels", recipe.channels, "3 or 1");
    if (recipe.channels == 1 && recipe.colour != Colour::kGrey)
        refuse(where, "colour", "not grey", "grey for one channel");
    for (std::size_t c = 0; c < 3; ++c) {
        const std::string index = "[" + std::to_string(c) + "]";
        if (!std::isfinite(recipe.mean[c])) refuse(where, "mean" + index, recipe.mean[c], "a finite number");
        if (!std::isfinite(recipe.std[c]) || recipe.std[c] <= 0)
            refuse(where, "std" + index, recipe.std[c], "a finite number over 0");
    }
}

void apply(const Preprocess& recipe, const Image& original, float* dst) {
    const Image image = recipe.colour == Colour::kGrey ? grey(original) : original;
    const ImageSize size = resized(recipe, image);
    const bool is_letterboxed = recipe.resize != 0 && recipe.resize_to == ResizeTo::kLetterbox;
    if (recipe.crop == 0 && !is_letterboxed && (size.width != recipe.width || size.height != recipe.height))
        refuse_size(recipe, size);
    const int x =
        is_letterboxed ? paste_begin(size.width, recipe.width) : crop_begin(size.width, recipe.width);
    const int y =
        is_letterboxed ? paste_begin(size.height, recipe.height) : crop_begin(size.height, recipe.height);
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
    const auto fills = fill_of(recipe);
    const std::int64_t plane = std::int64_t{recipe.height} * recipe.width;
    for (std::int64_t c = 0; c < recipe.channels; ++c) {
        const float* value = &values(static_cast<std::size_t>(c), 0);
        float* channel = dst + c * plane;
        const std::int64_t from = recipe.colour == Colour::kBgr ? 2 - c : c;
        const std::uint8_t fill = is_letterboxed ? fills[static_cast<std::size_t>(from)] : std::uint8_t{0};
        if (window.width < recipe.width || window.height < recipe.height)
            std::fill_n(channel, plane, value[fill]);
        for (int j = 0; j < window.height; ++j) {
            const std::uint8_t* src = pixels + 3 * row_pixels * j + from;
            float* row = channel + std::int64_t{window.y - y + j} * recipe.width + (window.x - x);
            for (int i = 0; i < window.width; ++i) row[i] = value[src[3 * i]];
        }
    }
}

}  // namespace dyce
