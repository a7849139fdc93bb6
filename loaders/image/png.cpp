// stb_image's own PNG reader inflates without a bound, reads palette entries that do not exist and checks
// neither CRC nor Adler-32. So the chunks are read, the pixel data inflated and the palette applied here;
// what lies between, the arithmetic of rows and samples, is stb_image's.
#include "loaders/image/png.h"

#include "loaders/image/byte_reader.h"
#include "loaders/image/png_file.h"
#include "loaders/image/stb.h"
#include "runtime/core/aligned.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace dyce {
namespace {

// One pass of an interlaced image: the pixels (x0 + i*dx, y0 + j*dy).
struct Pass {
    int x0, y0, dx, dy;

    ImageSize size(const ImageSize& whole) const {
        return {(whole.width - x0 + dx - 1) / dx, (whole.height - y0 + dy - 1) / dy};
    }
};

constexpr std::array<Pass, 7> kAdam7{
    {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}};
constexpr std::array<Pass, 1> kWhole{{{0, 0, 1, 1}}};

std::span<const Pass> passes(const PngFile& png) {
    if (png.interlaced) return kAdam7;
    return kWhole;
}

// Calls visit(y, bytes) for each row of the inflated data, in order; y is the row's place in the image, and
// the first of its bytes names a filter.
template <class Visit>
void visit_rows(const PngFile& png, Visit visit) {
    for (const Pass& pass : passes(png)) {
        const ImageSize size = pass.size(png.size);
        if (size.width <= 0) continue;
        const std::size_t bytes = 1 + png.row_bytes(size.width);
        for (int j = 0; j < size.height; ++j) visit(pass.y0 + j * pass.dy, bytes);
    }
}

std::uint32_t adler32(std::span<const std::uint8_t> bytes) {
    std::uint32_t a = 1;
    std::uint32_t b = 0;
    while (!bytes.empty()) {
        // As many bytes as surely do not overflow 32 bits between two reductions.
        const auto block = bytes.first(std::min<std::size_t>(bytes.size(), 5552));
        for (const std::uint8_t byte : block) b += a += byte;
        a %= 65521;
        b %= 65521;
        bytes = bytes.subspan(block.size());
    }
    return b << 16 | a;
}

// The filtered rows of all passes, everything about them checked.
std::vector<std::uint8_t> inflate_rows(const PngFile& png, const std::string& name) {
    const auto refuse = [&](const std::string& message) { throw Error(ErrorCode::kContent, name, message); };
    if (png.stream.size() < 6) refuse("the pixel data is no zlib stream");
    std::size_t expected = 0;
    visit_rows(png, [&](int, std::size_t bytes) { expected += bytes; });
    std::vector<std::uint8_t> rows(expected);
    const std::size_t written = inflate(png.stream, rows, name);
    if (written != expected)
        refuse("the pixel data ends after " + std::to_string(written) + " of " + std::to_string(expected) +
               " bytes");
    const std::uint32_t stored = ByteReader(std::span(png.stream).last(4), name).u32();
    if (stored != adler32(rows)) refuse("the pixel data has a bad Adler-32 sum");
    std::size_t at = 0;
    visit_rows(png, [&](int y, std::size_t bytes) {
        if (rows[at] > 4)
            refuse("row " + std::to_string(y) + " has filter " + std::to_string(rows[at]) +
                   ", expected 0..4");
        at += bytes;
    });
    return rows;
}

std::shared_ptr<const std::uint8_t> look_up(const PngFile& png, const std::uint8_t* indices,
                                            const std::string& name) {
    const auto pixels = static_cast<std::size_t>(png.size.pixels());
    const auto block = allocate_aligned(3 * pixels);
    auto* rgb = reinterpret_cast<std::uint8_t*>(block.get());
    for (std::size_t i = 0; i < pixels; ++i) {
        const std::size_t entry = 3 * std::size_t{indices[i]};
        if (entry >= png.palette.size())
            throw Error(ErrorCode::kContent, name,
                        "row " + std::to_string(i / static_cast<std::size_t>(png.size.width)) +
                            " uses a colour beyond the " + std::to_string(png.palette.size() / 3) +
                            " of the palette");
        std::memcpy(rgb + 3 * i, &png.palette[entry], 3);
    }
    return {block, rgb};
}

}  // namespace

DecodedImage decode_png(std::span<const std::uint8_t> file, const std::string& name,
                        const ImageLimits& limits) {
    const PngFile png = read_png_file(file, name, limits);
    const auto samples = decode_png_rows(png, inflate_rows(png, name), name);
    if (png.color != PngColor::kPalette) return {png.size, samples};
    return {png.size, look_up(png, samples.get(), name)};
}

}  // namespace dyce
