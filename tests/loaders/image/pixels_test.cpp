// Pixels of a caller's: formats and strides, against the bytes written out by hand.
#include <dyce/error.h>
#include <dyce/image.h>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <vector>

using namespace dyce;

namespace {

std::vector<int> pixels_of(const Image& image) {
    return {image.pixels(), image.pixels() + std::ptrdiff_t{3} * image.width() * image.height()};
}

}  // namespace

TEST_CASE("pixels come in three formats, with or without gaps between rows") {
    // Two rows of two pixels; what lies in the gaps is 99.
    const std::array<std::uint8_t, 16> wide = {1, 2, 3, 4, 5, 6, 99, 99, 7, 8, 9, 10, 11, 12, 99, 99};
    const std::array<std::uint8_t, 8> grey = {1, 2, 99, 99, 3, 4, 99, 99};
    const std::vector<int> rgb = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    const std::vector<int> bgr = {3, 2, 1, 6, 5, 4, 9, 8, 7, 12, 11, 10};
    CHECK(pixels_of(Image::from_pixels(2, 2, wide.data(), 8)) == rgb);
    CHECK(pixels_of(Image::from_pixels(2, 2, wide.data(), 8, PixelFormat::kBgr)) == bgr);
    CHECK(pixels_of(Image::from_pixels(2, 2, grey.data(), 4, PixelFormat::kGrey)) ==
          std::vector<int>{1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4});
    CHECK(pixels_of(Image::from_pixels(2, 1, wide.data())) == std::vector<int>{1, 2, 3, 4, 5, 6});
    CHECK(pixels_of(Image::from_pixels(1, 4, grey.data(), 0, PixelFormat::kGrey)) ==
          std::vector<int>{1, 1, 1, 2, 2, 2, 99, 99, 99, 99, 99, 99});
    // Bottom-up: the first row lies last.
    CHECK(pixels_of(Image::from_pixels(2, 2, wide.data() + 8, -8)) ==
          std::vector<int>{7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6});
}

TEST_CASE("pixels are copied: what the caller does with them later changes no image") {
    std::array<std::uint8_t, 3> pixel = {1, 2, 3};
    const Image image = Image::from_rgb(1, 1, pixel.data());
    pixel = {7, 7, 7};
    CHECK(pixels_of(image) == std::vector<int>{1, 2, 3});
}

TEST_CASE("sizes and strides that cannot be are refused") {
    const std::array<std::uint8_t, 24> some = {};
    const auto refused = [&](int width, int height, const void* pixels, std::ptrdiff_t stride,
                             PixelFormat format, const char* piece) {
        try {
            Image::from_pixels(width, height, pixels, stride, format);
            FAIL_CHECK("accepted");
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::kUsage);
            CHECK(error.message().find(piece) != std::string::npos);
        }
    };
    refused(0, 2, some.data(), 0, PixelFormat::kRgb, "0x2");
    refused(2, -1, some.data(), 0, PixelFormat::kRgb, "2x-1");
    refused(2, 2, nullptr, 0, PixelFormat::kRgb, "null");
    refused(2, 2, some.data(), 5, PixelFormat::kBgr, "stride_bytes is 5, a row has 6 bytes");
    refused(2, 2, some.data(), -5, PixelFormat::kRgb, "stride_bytes is -5, a row has 6 bytes");
    refused(2, 2, some.data(), 1, PixelFormat::kGrey, "a row has 2 bytes");
}
