// The arithmetic of PNG rows: undo a filter, turn samples into RGB. Pure functions.
#pragma once

#include "loaders/image/png_file.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace dyce {

/// Undoes `filter` (0..4: none, sub, up, average, Paeth) in place. `above` is the finished row above, of the
/// same length; zeros for the first row of a pass. Returns false when there is no such filter.
bool unfilter_row(int filter, std::size_t pixel_bytes, std::span<std::uint8_t> row,
                  const std::uint8_t* above);

/// Writes `width` pixels as RGB to `dst`, `step` bytes apart. Returns false when a pixel names a colour that
/// the palette does not have.
bool expand_row(const PngFile& png, std::span<const std::uint8_t> row, int width, std::uint8_t* dst,
                int step);

}  // namespace dyce
