// Decodes PNG. Stateless; any thread.
#pragma once

#include "loaders/image/decoded_image.h"

#include <cstdint>
#include <span>
#include <string>

namespace dyce {

/// All colour types, depths and interlacing become 8-bit RGB: 16-bit samples keep the high byte, fewer than 8
/// bits are spread to 0..255, alpha and transparency are dropped, grey is repeated.
/// Throws Error{kContent} naming the chunk or row, Error{kResource} over a limit.
DecodedImage decode_png(std::span<const std::uint8_t> file, const std::string& name,
                        const ImageLimits& limits);

}  // namespace dyce
