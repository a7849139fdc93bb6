// The two decoders taken from stb_image: JPEG and inflate. Stateless; any thread.
#pragma once

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

/// Interleaved RGB of a JPEG file that passed check_jpeg(). Grey is repeated; CMYK and YCCK with Adobe's
/// marker become RGB as in Pillow.
/// Throws Error{kContent} on broken entropy-coded data, Error{kResource} when memory is short.
std::shared_ptr<const std::uint8_t> decode_jpeg_pixels(std::span<const std::uint8_t> file,
                                                       const std::string& name);

}  // namespace dyce
