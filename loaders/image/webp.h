// Decodes WebP by libwebp, in builds that have it (DYCE_WEBP). Stateless; any thread.
#pragma once

#include "loaders/image/decoded_image.h"

#include <cstdint>
#include <span>
#include <string>

namespace dyce {

/// Whether this build reads WebP.
bool reads_webp();

/// RGB of a file that begins with RIFF and WEBP: of an animation its first frame, black where that leaves the
/// canvas free; alpha is dropped, EXIF and colour profiles are ignored.
/// Throws Error{kContent} on a broken file, and on any where reads_webp() is false; Error{kResource} over a
/// limit, before anything is decoded.
DecodedImage decode_webp(std::span<const std::uint8_t> file, const std::string& name,
                         const ImageLimits& limits);

/// The formats this build reads, for messages.
inline const char* image_formats() { return reads_webp() ? "JPEG, PNG or WebP" : "JPEG or PNG"; }

}  // namespace dyce
