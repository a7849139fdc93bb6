// Covers webp, no_webp.
// WebP files written by Pillow 9.4 with the values that it reads from them, and damaged ones.
#include "loaders/image/webp.h"
#include "loaders/dataset/image_names.h"
#include "tests/loaders/image/make_files.h"
#include "tests/support/check_throws.h"

#include <dyce/image.h>

#include <doctest/doctest.h>

#include <string>

using namespace dyce;
using namespace dyce::test;

namespace {

std::string little_endian(std::size_t value, int size) {
    std::string text;
    for (int i = 0; i < size; ++i) text += static_cast<char>(value >> 8 * i & 0xff);
    return text;
}

std::string chunk(const std::string& kind, const std::string& content) {
    return kind + little_endian(content.size(), 4) + content + std::string(content.size() % 2, '\0');
}

std::string riff(const std::string& chunks) {
    return "RIFF" + little_endian(4 + chunks.size(), 4) + "WEBP" + chunks;
}

// 3x2 with alpha, not compressed by losses.
const std::string kPixels =
    bytes({47,  2,   64,  0,   16,  47,  160, 160, 109, 27,  166, 31,  229, 248, 211, 24,
           13,  50,  105, 155, 210, 171, 254, 13,  77,  218, 20,  164, 109, 192, 116, 199,
           205, 252, 235, 27,  193, 36,  77,  244, 120, 236, 242, 197, 3,   228, 199, 133,
           204, 86,  187, 77,  16,  100, 219, 134, 182, 93,  241, 17,  253, 143, 118, 1});
const std::string kPixelsRgb = bytes({255, 0, 0, 0, 255, 0, 1, 2, 3, 9, 8, 7, 200, 100, 50, 0, 0, 255});

// 5x4, compressed with losses.
const std::string kLossy =
    bytes({48,  3,   0,   157, 1,   42,  5,   0,   4,   0,   1,   64,  38,  37,  168, 2,   116, 114, 0,
           251, 0,   185, 0,   253, 0,   246, 0,   253, 0,   3,   232, 230, 193, 16,  0,   254, 237, 33,
           156, 141, 132, 82,  61,  115, 254, 46,  226, 8,   194, 176, 207, 13,  110, 185, 147, 121, 234,
           185, 228, 220, 113, 141, 3,   111, 157, 6,   207, 237, 181, 71,  236, 214, 127, 128, 0,   0});
const std::string kLossyRgb = bytes({0,  10,  216, 17, 13,  204, 61, 14,  176, 98,  14,  150, 128, 13,  129,
                                     11, 60,  235, 34, 63,  221, 79, 65,  195, 118, 64,  169, 147, 63,  148,
                                     9,  120, 235, 34, 122, 222, 79, 125, 193, 116, 123, 166, 146, 122, 146,
                                     28, 169, 253, 53, 172, 241, 99, 174, 212, 136, 172, 187, 166, 171, 167});

std::string header(std::size_t width, std::size_t height, int flags) {
    return chunk("VP8X",
                 bytes({flags, 0, 0, 0}) + little_endian(width - 1, 3) + little_endian(height - 1, 3));
}
std::string frame(std::size_t x, std::size_t y, const std::string& image) {
    return chunk("ANMF", little_endian(x / 2, 3) + little_endian(y / 2, 3) + little_endian(2, 3) +
                             little_endian(1, 3) + little_endian(100, 3) + bytes({0}) + image);
}
std::string animation(std::size_t width, std::size_t height, const std::string& frames) {
    return riff(header(width, height, 0x12) + chunk("ANIM", std::string(6, '\xff')) + frames);
}

const std::string kStill = riff(chunk("VP8L", kPixels));

Image decode(const std::string& file, const ImageLimits& limits = {}) {
    return Image::decode(file.data(), file.size(), "cat.webp", limits);
}

void check_image(const std::string& file, int width, int height, const std::string& rgb) {
    const Image image = decode(file);
    REQUIRE(image.width() == width);
    REQUIRE(image.height() == height);
    CHECK(std::string(reinterpret_cast<const char*>(image.pixels()), rgb.size()) == rgb);
}

void check_refused(const std::string& name, const std::string& file, const char* message,
                   ErrorCode code = ErrorCode::kContent) {
    INFO(name);
    check_throws([&] { decode(file); }, code, message, "cat.webp");
}

}  // namespace

TEST_CASE("a build without libwebp refuses WebP by name and says how to get it") {
    CHECK(is_readable_image_name("a.WebP") == reads_webp());
    CHECK(is_image_name("a.WebP"));
    if (!reads_webp()) check_refused("WebP", kStill, "libwebp-dev");
}

TEST_CASE("WebP has Pillow's values: alpha dropped, of an animation the first frame on black") {
    if (!reads_webp()) return;
    check_image(kStill, 3, 2, kPixelsRgb);
    check_image(kStill + "bytes behind it", 3, 2, kPixelsRgb);
    check_image(riff(chunk("VP8 ", kLossy)), 5, 4, kLossyRgb);
    check_image(riff(header(5, 4, 8) + chunk("VP8 ", kLossy) + chunk("EXIF", "MM")), 5, 4, kLossyRgb);
    const std::string empty(6 * 3, '\0'), row = kPixelsRgb.substr(0, 9), other = kPixelsRgb.substr(9);
    const std::string left(2 * 3, '\0'), right(1 * 3, '\0');
    check_image(animation(6, 5, frame(2, 2, chunk("VP8L", kPixels)) + frame(0, 0, chunk("VP8L", kPixels))), 6,
                5, empty + empty + left + row + right + left + other + right + empty);
}

TEST_CASE("the size of a WebP is held against the limits before anything is decoded") {
    if (!reads_webp()) return;
    CHECK(decode(kStill, {.file_bytes = kStill.size(), .side = 3, .pixels = 6}).width() == 3);
    for (const ImageLimits& limits :
         {ImageLimits{.side = 2}, ImageLimits{.pixels = 5}, ImageLimits{.file_bytes = kStill.size() - 1}})
        check_throws([&] { decode(kStill, limits); }, ErrorCode::kResource, "limit", "cat.webp");
    check_refused("side of 2^24", animation(1 << 24, 2, frame(0, 0, chunk("VP8L", kPixels))), "16777216x2",
                  ErrorCode::kResource);
    check_refused("too many pixels", animation(16'384, 16'384, frame(0, 0, chunk("VP8L", kPixels))),
                  "50000000", ErrorCode::kResource);
}

TEST_CASE("broken WebP files are refused") {
    if (!reads_webp()) return;
    const std::string moving = animation(6, 5, frame(2, 2, chunk("VP8L", kPixels)));
    for (const std::string& file : {kStill, riff(chunk("VP8 ", kLossy)), moving})
        for (std::size_t size = 12; size < file.size(); ++size)
            check_refused("cut at " + std::to_string(size), file.substr(0, size), "WebP cut short");
    check_refused("no chunk", riff(""), "broken WebP");
    check_refused("no image", riff(header(3, 2, 0)), "broken WebP");
    check_refused("an animation without frames", animation(3, 2, ""), "broken WebP");
    check_refused("a frame beside the canvas", animation(4, 3, frame(2, 2, chunk("VP8L", kPixels))),
                  "broken WebP");
    check_refused("another size in front than in the image", riff(header(4, 2, 0) + chunk("VP8L", kPixels)),
                  "broken WebP");
    check_refused("pixels that end early", riff(chunk("VP8L", kPixels.substr(0, 30))), "broken WebP");
    std::string corrupt = kPixels;
    for (std::size_t i = 5; i < corrupt.size(); ++i) corrupt[i] = '\xff';
    check_refused("corrupt pixels", riff(chunk("VP8L", corrupt)), "broken WebP");
    check_refused("a side of 0",
                  riff(chunk("VP8 ", kLossy.substr(0, 6) + bytes({0, 0, 0, 0}) + kLossy.substr(10))), "WebP");
}
