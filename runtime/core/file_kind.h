// What a file is, by its first bytes: for messages to people who gave it where another was expected.
// Stateless.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace dyce {

struct FileKind {
    std::string_view name;    ///< "an ONNX network"
    std::string_view advice;  ///< what to do with it instead, or empty
    bool is_network = false;  ///< a network or its weights, in whatever form
    bool is_image = false;    ///< of any format, whether dyce reads it or not
};

/// Null when the bytes are of no kind that is told apart.
const FileKind* find_file_kind(std::span<const std::byte> bytes);

/// "is an ONNX network; dyce convert it first (expected EXPECTED)", or `otherwise` for bytes of no
/// known kind.
std::string wrong_file_message(std::span<const std::byte> bytes, std::string_view expected,
                               const std::string& otherwise);

}  // namespace dyce
