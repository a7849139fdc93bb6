// Which files are images, by the ends of their names. Pure functions.
#pragma once

#include <filesystem>
#include <string>

namespace dyce {

/// Of any format, whether it can be decoded or not.
bool is_image_name(const std::filesystem::path& file);
/// Of the formats that this build decodes: JPEG, PNG and, where it has libwebp, WebP.
bool is_readable_image_name(const std::filesystem::path& file);
/// The end of the name from its last dot on, in small letters; empty without one.
std::string lower_extension(const std::filesystem::path& file);

}  // namespace dyce
