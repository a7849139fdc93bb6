#include "loaders/image/stb.h"

#include <dyce/error.h>

#include <cstdlib>
#include <cstring>

// JPEG and PNG only: the readers of other formats in this version have known holes.
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
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

// Twice as wide, for colours of half the width (4:2:2): each output lies a quarter of an input pixel beside one,
// and takes three parts of it and one of the neighbour on its side. stb's own mistakes the last pixel but one.
static unsigned char* stbi__resample_row_h_2(unsigned char* out, unsigned char* row, unsigned char*,
                                             int count, int) {
    const auto blend = [](unsigned near, unsigned far) {
        return static_cast<unsigned char>((3 * near + far + 2) / 4);
    };
    for (int i = 0; i < count; ++i) {
        out[2 * i] = i == 0 ? row[0] : blend(row[i], row[i - 1]);
        out[2 * i + 1] = i == count - 1 ? row[i] : blend(row[i], row[i + 1]);
    }
    return out;
}
// stb's definition gets another name; where it takes the function's address no macro applies.
[[maybe_unused]] static unsigned char* stbi__unused_resample_row_h_2(unsigned char*, unsigned char*,
                                                                     unsigned char*, int, int);
#define stbi__resample_row_h_2(a, b, c, d, e) stbi__unused_resample_row_h_2(a, b, c, d, e)
#include <stb_image.h>
#undef stbi__resample_row_h_2

namespace dyce {
namespace {

struct Free {
    void operator()(void* block) const { std::free(block); }
};
using Pixels = std::unique_ptr<stbi_uc, Free>;

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

std::shared_ptr<const std::uint8_t> decode_png_rows(const PngFile& png, std::vector<std::uint8_t> rows,
                                                    const std::string& name) {
    const int channels = png.channels();
    stbi__context context{};
    context.img_x = static_cast<stbi__uint32>(png.size.width);
    context.img_y = static_cast<stbi__uint32>(png.size.height);
    context.img_n = channels;
    stbi__png state{};
    state.s = &context;
    forget_last_failure();
    const bool done =
        stbi__create_png_image(&state, rows.data(), static_cast<stbi__uint32>(rows.size()), channels,
                               png.depth, static_cast<int>(png.color), png.interlaced) != 0;
    Pixels samples(state.out);
    if (!done) fail(name, "broken PNG");
    rows = {};              // not needed beside what follows
    if (png.depth == 16) {  // in place
        const auto count = static_cast<std::size_t>(png.size.pixels()) * static_cast<std::size_t>(channels);
        for (std::size_t i = 0; i < count; ++i) {
            std::uint16_t wide = 0;
            std::memcpy(&wide, &samples.get()[2 * i], sizeof wide);
            samples.get()[i] = static_cast<stbi_uc>(wide >> 8);
        }
    }
    if (channels != 3 && png.color != PngColor::kPalette)
        samples.reset(  // frees what it is given
            stbi__convert_format(samples.release(), channels, 3, context.img_x, context.img_y));
    if (!samples) fail(name, "broken PNG");
    return samples;
}

std::shared_ptr<const std::uint8_t> decode_jpeg_pixels(std::span<const std::uint8_t> file,
                                                       const std::string& name) {
    if (file.size() > INT_MAX) throw Error(ErrorCode::kResource, name, "over 2 GiB");
    forget_last_failure();
    int width = 0;
    int height = 0;
    Pixels pixels(
        stbi_load_from_memory(file.data(), static_cast<int>(file.size()), &width, &height, nullptr, 3));
    if (!pixels) fail(name, "broken JPEG");
    return pixels;
}

}  // namespace dyce
