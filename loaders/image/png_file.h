// The chunks of a PNG file, checked and taken apart. A value; borrows the file's bytes.
// Source: PNG specification, third edition, sections 5 and 11.
#pragma once

#include "loaders/image/decoded_image.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dyce {

enum class PngColor : std::uint8_t { kGrey = 0, kRgb = 2, kPalette = 3, kGreyAlpha = 4, kRgbAlpha = 6 };

struct PngFile {
    ImageSize size;
    int depth = 8;  ///< bits of one sample
    PngColor color = PngColor::kRgb;
    bool interlaced = false;
    std::span<const std::uint8_t> palette;  ///< 3 bytes an entry
    std::vector<std::uint8_t> stream;       ///< all IDAT chunks: one zlib stream

    int channels() const;
    /// Of a row of samples, without its filter.
    std::size_t row_bytes(int width) const;
};

/// Reads from the signature to IEND; every CRC is checked. Chunks that do not change RGB values (gamma,
/// profiles, transparency, text) are skipped.
/// Throws Error{kContent} naming chunk and byte, Error{kResource} over a limit.
PngFile read_png_file(std::span<const std::uint8_t> file, const std::string& name, const ImageLimits& limits);

}  // namespace dyce
