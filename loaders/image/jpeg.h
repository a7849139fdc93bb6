// What a JPEG file must satisfy before its entropy-coded data is decoded.
// Source: ITU-T T.81, annex B (markers), annex G (progressive scans).
#pragma once

#include "loaders/image/decoded_image.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace dyce {

/// Walks all markers from SOI to EOI without decoding. Accepts 8-bit baseline, extended and progressive
/// Huffman files of 1, 3 or 4 components whose scans are complete in number, use defined tables only and
/// ask for a bounded amount of work.
/// Throws Error{kContent} naming marker and byte, Error{kResource} over a limit.
/// Bytes between segments that belong to none are skipped, as other decoders do; `clean` then receives the file
/// without them, and is emptied where there are none.
ImageSize check_jpeg(std::span<const std::uint8_t> file, const std::string& name, const ImageLimits& limits,
                     std::vector<std::uint8_t>& clean);

}  // namespace dyce
