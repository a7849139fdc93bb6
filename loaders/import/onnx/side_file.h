// External data: tensor bytes in a file beside the model. Reads nothing outside the model's folder and
// follows no links. Stateless.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace dyce {

struct SideFileRange {
    std::string file;  ///< a plain file name, relative to the model's folder
    std::int64_t offset = 0;
    std::int64_t size = 0;
};

/// The bytes of `range`; `where` names the tensor in errors. Throws Error{kIo} when the file cannot be opened
/// or is not a regular one, and Error{kContent} when its name has a folder in it, it is a symbolic link, or
/// the range is not inside it (checked before memory is taken).
std::shared_ptr<const std::byte> read_side_file(const std::string& folder, const SideFileRange& range,
                                                const std::string& where);

}  // namespace dyce
