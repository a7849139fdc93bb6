#include "loaders/image/png_rows.h"

#include <cstdlib>
#include <cstring>

namespace dyce {
namespace {

// Whichever of left, up, corner is nearest to left + up - corner. Without branches: they are not predictable.
int paeth(int left, int up, int corner) {
    const int to_left = std::abs(up - corner);
    const int to_up = std::abs(left - corner);
    const int to_corner = std::abs(left + up - 2 * corner);
    const int other = to_up <= to_corner ? up : corner;
    return ((to_left <= to_up) & (to_left <= to_corner)) ? left : other;
}

// Adds predict(left, up, corner) to each byte.
template <class Predict>
void add(std::span<std::uint8_t> row, const std::uint8_t* above, std::size_t pixel_bytes, Predict predict) {
    const auto byte = [](int sum) { return static_cast<std::uint8_t>(sum); };
    for (std::size_t i = 0; i < pixel_bytes; ++i) row[i] = byte(row[i] + predict(0, above[i], 0));
    for (std::size_t i = pixel_bytes; i < row.size(); ++i)
        row[i] = byte(row[i] + predict(row[i - pixel_bytes], above[i], above[i - pixel_bytes]));
}

// Sample `index` of a row of 1, 2, 4, 8 or 16 bits each; the high byte of 16.
int sample(std::span<const std::uint8_t> row, int depth, std::size_t index) {
    if (depth == 8) return row[index];
    if (depth == 16) return row[2 * index];
    const std::size_t bit = index * static_cast<std::size_t>(depth);
    return row[bit / 8] >> (8 - static_cast<std::size_t>(depth) - bit % 8) & ((1 << depth) - 1);
}

}  // namespace

bool unfilter_row(int filter, std::size_t pixel_bytes, std::span<std::uint8_t> row,
                  const std::uint8_t* above) {
    switch (filter) {
        case 0: return true;
        case 1: add(row, above, pixel_bytes, [](int left, int, int) { return left; }); return true;
        case 2: add(row, above, pixel_bytes, [](int, int up, int) { return up; }); return true;
        case 3:
            add(row, above, pixel_bytes, [](int left, int up, int) { return (left + up) / 2; });
            return true;
        case 4: add(row, above, pixel_bytes, paeth); return true;
        default: return false;
    }
}

bool expand_row(const PngFile& png, std::span<const std::uint8_t> row, int width, std::uint8_t* dst,
                int step) {
    if (png.color == PngColor::kRgb && png.depth == 8 && step == 3) {
        std::memcpy(dst, row.data(), row.size());
        return true;
    }
    const auto channels = static_cast<std::size_t>(png.channels());
    const int spread = png.depth < 8 ? 255 / ((1 << png.depth) - 1) : 1;
    const bool grey = channels < 3;
    for (std::size_t i = 0; i < static_cast<std::size_t>(width); ++i, dst += step) {
        if (png.color == PngColor::kPalette) {
            const std::size_t entry = 3 * static_cast<std::size_t>(sample(row, png.depth, i));
            if (entry >= png.palette.size()) return false;
            std::memcpy(dst, &png.palette[entry], 3);
        } else {
            for (std::size_t c = 0; c < 3; ++c)
                dst[c] =
                    static_cast<std::uint8_t>(spread * sample(row, png.depth, channels * i + (grey ? 0 : c)));
        }
    }
    return true;
}

}  // namespace dyce
