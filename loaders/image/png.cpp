// stb_image has a PNG reader too. It inflates without a bound, reads palette entries that do not exist and
// checks neither CRC nor Adler-32, so only its inflate is used here.
#include "loaders/image/png.h"

#include "loaders/image/byte_reader.h"
#include "loaders/image/png_file.h"
#include "loaders/image/png_rows.h"
#include "loaders/image/stb.h"
#include "runtime/core/aligned.h"

#include <algorithm>
#include <array>
#include <vector>

namespace dyce {
namespace {

// One pass of an interlaced picture: the pixels (x0 + i*dx, y0 + j*dy).
struct Pass {
    int x0, y0, dx, dy;

    PictureSize size(const PictureSize& whole) const {
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

std::size_t raw_bytes(const PngFile& png) {
    std::size_t total = 0;
    for (const Pass& pass : passes(png)) {
        const PictureSize size = pass.size(png.size);
        if (size.width > 0) total += static_cast<std::size_t>(size.height) * (1 + png.row_bytes(size.width));
    }
    return total;
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

void inflate_checked(const PngFile& png, std::span<std::uint8_t> raw, const std::string& name) {
    if (png.stream.size() < 6) throw Error(ErrorCode::kContent, name, "the pixel data is no zlib stream");
    const std::size_t written = inflate(png.stream, raw, name);
    if (written != raw.size())
        throw Error(ErrorCode::kContent, name,
                    "the pixel data ends after " + std::to_string(written) + " of " +
                        std::to_string(raw.size()) + " bytes");
    const std::uint32_t stored = ByteReader(std::span(png.stream).last(4), name).u32();
    if (stored != adler32(raw))
        throw Error(ErrorCode::kContent, name, "the pixel data has a bad Adler-32 sum");
}

}  // namespace

Picture decode_png(std::span<const std::uint8_t> file, const std::string& name, const ImageLimits& limits) {
    const PngFile png = read_png_file(file, name, limits);
    std::vector<std::uint8_t> raw(raw_bytes(png));
    inflate_checked(png, raw, name);

    const auto block = allocate_aligned(static_cast<std::size_t>(png.size.pixels()) * 3);
    auto* rgb = reinterpret_cast<std::uint8_t*>(block.get());
    std::span<std::uint8_t> rest(raw);
    for (const Pass& pass : passes(png)) {
        const PictureSize size = pass.size(png.size);
        if (size.width <= 0) continue;
        const std::size_t row_bytes = png.row_bytes(size.width);
        const std::vector<std::uint8_t> zeros(row_bytes);
        const std::uint8_t* above = zeros.data();
        for (int j = 0; j < size.height; ++j) {
            const int y = pass.y0 + j * pass.dy;
            const auto row = rest.subspan(1, row_bytes);
            if (!unfilter_row(rest[0], png.pixel_bytes(), row, above))
                throw Error(ErrorCode::kContent, name,
                            "row " + std::to_string(y) + " has filter " + std::to_string(rest[0]) +
                                ", expected 0..4");
            const std::int64_t offset = std::int64_t{y} * png.size.width + pass.x0;
            if (!expand_row(png, row, size.width, rgb + 3 * offset, 3 * pass.dx))
                throw Error(ErrorCode::kContent, name,
                            "row " + std::to_string(y) + " uses a colour beyond the " +
                                std::to_string(png.palette.size() / 3) + " of the palette");
            above = row.data();
            rest = rest.subspan(1 + row_bytes);
        }
    }
    return {png.size, {block, rgb}};
}

}  // namespace dyce
