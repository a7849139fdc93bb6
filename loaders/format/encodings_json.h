// The table of encoded tensors as text: `dyce.tensors`. Functions.
#pragma once

#include "loaders/format/tensor_encoding.h"

#include <string>
#include <string_view>

namespace dyce {

/// Throws Error{kContent} naming the tensor and what was expected, Error{kResource} for more than 65,536 of them.
TensorEncodings encodings_from_text(std::string_view text, const std::string& where);

/// Canonical; empty for an empty table.
std::string encodings_to_text(const TensorEncodings& encodings);

}  // namespace dyce
