// Covers byte_reader, decoded_image, image, jpeg, png, png_file, stb, runtime/include/dyce/image.
#include "loaders/image/webp.h"
#include "tests/loaders/image/make_files.h"
#include "tests/support/support.h"

#include <dyce/error.h>
#include <dyce/image.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>

using namespace dyce;
using namespace dyce::test;
namespace fs = std::filesystem;

namespace {

Image decode(const std::string& file, const ImageLimits& limits = {}) {
    return Image::decode(file.data(), file.size(), "picture", limits);
}

std::string rgb(const Image& image) {
    return {reinterpret_cast<const char*>(image.pixels()),
            static_cast<std::size_t>(image.width()) * static_cast<std::size_t>(image.height()) * 3};
}

}  // namespace

TEST_CASE("PNG colours become RGB as the format defines them") {
    const std::string palette = png_chunk("PLTE", bytes({1, 2, 3, 4, 5, 6, 7, 8, 9}));
    struct Row {
        std::string name, file, expected;
    };
    const Row rows[] = {
        {"rgb", png(png_header(1, 2, 8, 2), zlib_stored(bytes({0, 9, 8, 7, 0, 6, 5, 4}))),
         bytes({9, 8, 7, 6, 5, 4})},
        {"grey is repeated", png(png_header(2, 1, 8, 0), zlib_stored(bytes({0, 7, 200}))),
         bytes({7, 7, 7, 200, 200, 200})},
        {"alpha is dropped, not blended", png(png_header(1, 1, 8, 6), zlib_stored(bytes({0, 10, 20, 30, 0}))),
         bytes({10, 20, 30})},
        {"grey with alpha", png(png_header(1, 1, 8, 4), zlib_stored(bytes({0, 77, 0}))), bytes({77, 77, 77})},
        {"16 bits keep the high byte",
         png(png_header(1, 1, 16, 2), zlib_stored(bytes({0, 1, 255, 2, 254, 3, 0}))), bytes({1, 2, 3})},
        {"1 bit is black or white", png(png_header(3, 1, 1, 0), zlib_stored(bytes({0, 0b10100000}))),
         bytes({255, 255, 255, 0, 0, 0, 255, 255, 255})},
        {"palette of 2 bits", png(png_header(3, 1, 2, 3), zlib_stored(bytes({0, 0b10'00'01'00})), palette),
         bytes({7, 8, 9, 1, 2, 3, 4, 5, 6})},
        {"all five filters",
         png(png_header(2, 5, 8, 0), zlib_stored(bytes({0, 10, 20, 1, 5, 5, 2, 1, 1, 3, 4, 4, 4, 1, 2}))),
         // rows: 10 20 | 5 10 | 6 11 | 4+3, 4+(7+11)/2 | 1+7, 2+paeth(8,13,7)=13
         bytes({10, 10, 10, 20, 20, 20, 5,  5,  5,  10, 10, 10, 6,  6,  6,
                11, 11, 11, 7,  7,  7,  13, 13, 13, 8,  8,  8,  15, 15, 15})},
        {"unknown chunks that are not necessary are skipped",
         png(png_header(1, 1, 8, 0), zlib_stored(bytes({0, 5})), png_chunk("teXt", "hello")),
         bytes({5, 5, 5})},
    };
    for (const Row& row : rows) {
        INFO(row.name);
        CHECK(rgb(decode(row.file)) == row.expected);
    }
}

TEST_CASE("a JPEG block has the mean value that its bits say") {
    const Image image = decode(grey_jpeg());
    REQUIRE(image.width() == 16);
    REQUIRE(image.height() == 8);
    const std::string row = std::string(24, static_cast<char>(168)) + std::string(24, static_cast<char>(108));
    std::string expected;
    for (int y = 0; y < 8; ++y) expected += row;
    CHECK(rgb(image) == expected);
}

TEST_CASE("bytes between the segments of a JPEG that belong to none are skipped") {
    const std::string whole = grey_jpeg();
    const std::string frame = jpeg_frame(0xc0, 16, 8, 1);
    const std::size_t at[] = {whole.find(frame), kJpegStart.size() + jpeg_quantization().size(),
                              whole.find(frame) + frame.size()};
    for (const std::string& stray :
         {bytes({0}), std::string("abc"), bytes({1, 0xff, 0, 7}), bytes({0xff, 0})})
        for (const std::size_t place : at) {
            std::string file = whole;
            file.insert(place, stray);
            CHECK(rgb(decode(file)) == rgb(decode(whole)));
        }
}

TEST_CASE("the content decides, not the name") {
    TempFolder folder;
    write_file(folder / "picture.png", grey_jpeg());
    CHECK(Image::load(folder / "picture.png").width() == 16);
}

TEST_CASE("each limit is tested on both sides and can be raised") {
    const std::string wide = png(png_header(300, 2, 1, 0), zlib_stored(std::string(2 * 39, '\0')));
    const auto code = [&](const ImageLimits& limits) {
        try {
            decode(wide, limits);
        } catch (const Error& error) {
            return error.code();
        }
        return ErrorCode{};
    };
    CHECK(code({.side = 300}) == ErrorCode{});
    CHECK(code({.side = 299}) == ErrorCode::kResource);
    CHECK(code({.pixels = 600}) == ErrorCode{});
    CHECK(code({.pixels = 599}) == ErrorCode::kResource);
    CHECK(code({.file_bytes = wide.size()}) == ErrorCode{});
    CHECK(code({.file_bytes = wide.size() - 1}) == ErrorCode::kResource);
}

TEST_CASE("pixels of the caller are copied") {
    std::uint8_t pixels[] = {1, 2, 3, 4, 5, 6};
    const Image image = Image::from_rgb(2, 1, pixels);
    pixels[0] = 9;
    CHECK(rgb(image) == bytes({1, 2, 3, 4, 5, 6}));
    CHECK_THROWS_WITH_AS(Image::from_rgb(0, 1, pixels), doctest::Contains("0x1"), Error);
}

TEST_CASE("legal images of every kind have Pillow's values") {
    if (!have_python("PIL")) return;
    TempFolder folder;
    const std::string script = DYCE_SOURCE_DIR "/tests/loaders/image/make_images.py";
    REQUIRE(std::system(("/usr/bin/python3 -W ignore " + script + " " + folder.path().string()).c_str()) ==
            0);
    int images = 0;
    for (const auto& entry : fs::directory_iterator(folder.path())) {
        if (entry.path().extension() == ".rgb") continue;
        if (entry.path().extension() == ".webp" && !reads_webp()) continue;
        INFO(entry.path().filename().string());
        const std::string expected = read_file(fs::path(entry.path()).replace_extension(".rgb"));
        std::int32_t size[2];
        std::memcpy(size, expected.data(), sizeof size);
        const Image image = Image::load(entry.path().string());
        REQUIRE(image.width() == size[0]);
        REQUIRE(image.height() == size[1]);
        // PNG is exact, and WebP by the library that Pillow uses, too. JPEG decoders differ by the rounding of the inverse transform, of the upsampling and
        // of the colour conversion: one unit each.
        const int tolerance = entry.path().extension() == ".jpg" ? 3 : 0;
        int worst = 0;
        for (std::size_t i = 0; i < expected.size() - sizeof size; ++i)
            worst = std::max(
                worst, std::abs(image.pixels()[i] - static_cast<std::uint8_t>(expected[i + sizeof size])));
        CHECK(worst <= tolerance);
        ++images;
    }
    CHECK(images == (reads_webp() ? 145 : 137));
}
