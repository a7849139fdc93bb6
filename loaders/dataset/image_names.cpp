#include "loaders/dataset/image_names.h"

#include "loaders/image/webp.h"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <string>
#include <string_view>

namespace dyce {
namespace {

constexpr std::string_view kReadable[] = {".jpg", ".jpeg", ".jpe", ".jfif", ".png"};
constexpr std::string_view kOthers[] = {".bmp", ".gif", ".webp", ".tif",  ".tiff",
                                        ".jp2", ".ppm", ".pgm",  ".heic", ".avif"};

template <std::size_t kCount>
bool is_one_of(const std::string_view (&endings)[kCount], const std::string& ending) {
    return std::find(std::begin(endings), std::end(endings), ending) != std::end(endings);
}

}  // namespace

std::string lower_extension(const std::filesystem::path& file) {
    std::string ending = file.extension().string();
    for (char& letter : ending) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
    return ending;
}

bool is_readable_image_name(const std::filesystem::path& file) {
    const std::string ending = lower_extension(file);
    return is_one_of(kReadable, ending) || (reads_webp() && ending == ".webp");
}

bool is_image_name(const std::filesystem::path& file) {
    return is_readable_image_name(file) || is_one_of(kOthers, lower_extension(file));
}

}  // namespace dyce
