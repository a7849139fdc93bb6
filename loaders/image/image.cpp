#include <dyce/image.h>

#include "loaders/image/jpeg.h"
#include "loaders/image/png.h"
#include "loaders/image/stb.h"
#include "loaders/image/webp.h"
#include "runtime/core/aligned.h"
#include "runtime/core/file_kind.h"
#include "runtime/core/file_mapping.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <string_view>
#include <vector>

namespace dyce {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kJpeg = "\xff\xd8\xff"sv;
constexpr std::string_view kPng = "\x89PNG\r\n\x1a\n"sv;

// Formats people try, so that the refusal can name what it found.
struct OtherFormat {
    std::string_view magic;
    const char* name;
};
constexpr OtherFormat kOthers[] = {
    {"GIF8"sv, "a GIF"},
    {"8BPS"sv, "a Photoshop file"},
    {"BM"sv, "a BMP"},
    {"RIFF"sv, "a RIFF file (WAV, AVI?)"},
    {"II*\0"sv, "a TIFF"},
    {"MM\0*"sv, "a TIFF"},
    {"#?RADIANCE"sv, "a Radiance HDR"},
    {"%PDF"sv, "a PDF"},
    {"<"sv, "text (HTML, SVG?)"},
};

bool starts_with(std::span<const std::uint8_t> bytes, std::string_view magic) {
    return bytes.size() >= magic.size() && std::memcmp(bytes.data(), magic.data(), magic.size()) == 0;
}

bool is_webp(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t kFormatAt = 8;  // behind "RIFF" and the size
    return starts_with(bytes, "RIFF"sv) && bytes.size() > kFormatAt &&
           starts_with(bytes.subspan(kFormatAt), "WEBP"sv);
}

[[noreturn]] void refuse(std::span<const std::uint8_t> bytes, const std::string& name) {
    std::string found = bytes.empty() ? "it is empty" : "its content is neither";
    for (const OtherFormat& other : kOthers)
        if (starts_with(bytes, other.magic)) found = std::string("it looks like ") + other.name;
    const FileKind* kind = find_file_kind(std::as_bytes(bytes));
    if (kind != nullptr && !kind->is_image)
        found = "it is " + std::string(kind->name) + (kind->advice.empty() ? "" : "; ") +
                std::string(kind->advice);
    throw Error(ErrorCode::kContent, name, "not a " + std::string(image_formats()) + " image: " + found);
}

DecodedImage decode_any(std::span<const std::uint8_t> bytes, const std::string& name,
                        const ImageLimits& limits) {
    if (bytes.size() > limits.file_bytes)
        throw Error(
            ErrorCode::kResource, name,
            std::to_string(bytes.size()) + " bytes, the limit is " + std::to_string(limits.file_bytes));
    if (starts_with(bytes, kPng)) return decode_png(bytes, name, limits);
    if (starts_with(bytes, kJpeg)) {
        std::vector<std::uint8_t> clean;
        const ImageSize size = check_jpeg(bytes, name, limits, clean);
        return {size, decode_jpeg_pixels(clean.empty() ? bytes : clean, name)};
    }
    if (is_webp(bytes)) return decode_webp(bytes, name, limits);
    refuse(bytes, name);
}

int bytes_of(PixelFormat format) { return format == PixelFormat::kGrey ? 1 : 3; }

void check_pixels(int width, int height, const void* pixels, std::ptrdiff_t stride_bytes,
                  PixelFormat format) {
    const std::string where = "Image::from_pixels";
    if (width <= 0 || height <= 0)
        throw Error(
            ErrorCode::kUsage, where,
            "size " + std::to_string(width) + "x" + std::to_string(height) + ", both must be positive");
    if (pixels == nullptr) throw Error(ErrorCode::kUsage, where, "pixels are null");
    const std::ptrdiff_t row_bytes = std::ptrdiff_t{width} * bytes_of(format);
    if (stride_bytes != 0 && (stride_bytes < 0 ? -stride_bytes : stride_bytes) < row_bytes)
        throw Error(ErrorCode::kUsage, where,
                    "stride_bytes is " + std::to_string(stride_bytes) + ", a row has " +
                        std::to_string(row_bytes) + " bytes");
}

// Gives where the next row goes.
std::uint8_t* copy_row(const std::uint8_t* row, int width, PixelFormat format, std::uint8_t* to) {
    if (format == PixelFormat::kRgb) return std::copy_n(row, std::ptrdiff_t{width} * 3, to);
    const int step = bytes_of(format);
    for (int x = 0; x < width; ++x, row += step) {
        const bool is_grey = format == PixelFormat::kGrey;
        *to++ = row[is_grey ? 0 : 2];
        *to++ = row[is_grey ? 0 : 1];
        *to++ = row[0];
    }
    return to;
}

}  // namespace

Image Image::load(const std::string& path, const ImageLimits& limits) {
    const auto file = FileMapping::open(path, limits.file_bytes);
    return decode(file->bytes().data(), file->bytes().size(), path, limits);
}

Image Image::decode(const void* bytes, std::size_t size, const std::string& name, const ImageLimits& limits) {
    try {
        DecodedImage image = decode_any({static_cast<const std::uint8_t*>(bytes), size}, name, limits);
        return Image(image.size.width, image.size.height, std::move(image.rgb));
    } catch (const std::bad_alloc&) {
        throw Error(ErrorCode::kResource, name, "not enough memory for this image");
    }
}

Image Image::from_pixels(int width, int height, const void* pixels, std::ptrdiff_t stride_bytes,
                         PixelFormat format) {
    check_pixels(width, height, pixels, stride_bytes, format);
    const std::ptrdiff_t row_bytes = std::ptrdiff_t{width} * bytes_of(format);
    const std::ptrdiff_t stride = stride_bytes != 0 ? stride_bytes : row_bytes;
    const auto block =
        allocate_aligned(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
    auto* copy = reinterpret_cast<std::uint8_t*>(block.get());
    const auto* row = static_cast<const std::uint8_t*>(pixels);
    std::uint8_t* to = copy;
    for (int y = 0; y < height; ++y) to = copy_row(row + y * stride, width, format, to);
    return Image(width, height, {block, copy});
}

Image Image::from_rgb(int width, int height, const std::uint8_t* pixels) {
    return from_pixels(width, height, pixels);
}

}  // namespace dyce
