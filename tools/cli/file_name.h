// What a path is called.
#pragma once

#include <filesystem>
#include <string>

namespace dyce {

/// Whether the path ends in `extension`, its dot included.
inline bool has_extension(const std::string& path, const char* extension) {
    return std::filesystem::path(path).extension() == extension;
}

}  // namespace dyce
