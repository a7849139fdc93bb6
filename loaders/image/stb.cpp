#include "loaders/image/stb.h"

#include <dyce/error.h>

#include <cstdlib>
#include <cstring>

// JPEG and inflate only: the readers of other formats in this version have known holes.
#define STBI_ONLY_JPEG
#define STBI_SUPPORT_ZLIB
#define STBI_NO_STDIO
#define STBI_NO_LINEAR
#define STB_IMAGE_STATIC
#define STB_IMAGE_IMPLEMENTATION
// Broken files must end in an error, so no assertion may end the process; and what a broken file leaves
// unset must not show old memory, so all memory starts as zeros.
#define STBI_ASSERT(condition)
#define STBI_MALLOC(size) std::calloc(1, size)
#define STBI_REALLOC(block, size) std::realloc(block, size)
#define STBI_FREE(block) std::free(block)
#include <stb_image.h>

namespace dyce {
namespace {

// stb keeps the reason of the last failure and does not set one for each; start from a known one.
void forget_last_failure() { stbi__err("corrupt data", ""); }

bool failed_because(const char* reason) { return std::strcmp(stbi_failure_reason(), reason) == 0; }

[[noreturn]] void fail(const std::string& name, const std::string& what) {
    const bool memory = failed_because("outofmem") || failed_because("too large");
    throw Error(memory ? ErrorCode::kResource : ErrorCode::kContent, name,
                what + ": " + stbi_failure_reason());
}

}  // namespace

std::size_t inflate(std::span<const std::uint8_t> stream, std::span<std::uint8_t> dst,
                    const std::string& name) {
    if (stream.size() > INT_MAX || dst.size() > INT_MAX)
        throw Error(ErrorCode::kResource, name, "more than 2 GiB of pixel data");
    forget_last_failure();
    const int written = stbi_zlib_decode_buffer(
        reinterpret_cast<char*>(dst.data()), static_cast<int>(dst.size()),
        reinterpret_cast<const char*>(stream.data()), static_cast<int>(stream.size()));
    if (written >= 0) return static_cast<std::size_t>(written);
    if (failed_because("output buffer limit"))
        throw Error(ErrorCode::kContent, name,
                    "the pixel data inflates to more than the " + std::to_string(dst.size()) +
                        " bytes that its size needs");
    fail(name, "broken deflate stream");
}

std::shared_ptr<const std::uint8_t> decode_jpeg_pixels(std::span<const std::uint8_t> file,
                                                       const std::string& name) {
    if (file.size() > INT_MAX) throw Error(ErrorCode::kResource, name, "over 2 GiB");
    forget_last_failure();
    int width = 0;
    int height = 0;
    stbi_uc* pixels =
        stbi_load_from_memory(file.data(), static_cast<int>(file.size()), &width, &height, nullptr, 3);
    if (pixels == nullptr) fail(name, "broken JPEG");
    return {pixels, [](const stbi_uc* block) { std::free(const_cast<stbi_uc*>(block)); }};
}

}  // namespace dyce
