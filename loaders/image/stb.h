// What is taken from stb_image: JPEG, inflate, and the rows of PNG. Stateless; any thread.
#pragma once

#include "loaders/image/png_file.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace dyce {

/// Inflates a zlib stream into `dst`, never beyond it, and returns the number of bytes written. Does not
/// check the Adler-32 at the end of the stream.
/// Throws Error{kContent} on a broken stream and on one that holds more than `dst`.
std::size_t inflate(std::span<const std::uint8_t> stream, std::span<std::uint8_t> dst,
                    const std::string& name);

/// Interleaved RGB of inflated PNG rows, which must be as many bytes as the size asks for and hold filters
/// 0..4 only; of a palette image, one index a pixel. 16-bit samples keep the high byte, smaller ones are
/// spread to 0..255, alpha is dropped, grey is repeated. Throws Error{kResource} when memory is short.
std::shared_ptr<const std::uint8_t> decode_png_rows(const PngFile& png, std::vector<std::uint8_t> rows,
                                                    const std::string& name);

/// Interleaved RGB of a JPEG file that passed check_jpeg(). Grey is repeated; CMYK and YCCK with Adobe's
/// marker become RGB as in Pillow.
/// Throws Error{kContent} on broken entropy-coded data, Error{kResource} when memory is short.
std::shared_ptr<const std::uint8_t> decode_jpeg_pixels(std::span<const std::uint8_t> file,
                                                       const std::string& name);

}  // namespace dyce
