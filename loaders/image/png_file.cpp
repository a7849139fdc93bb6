#include "loaders/image/png_file.h"

#include "loaders/image/byte_reader.h"
#include "runtime/core/crc32.h"

#include <cctype>

namespace dyce {
namespace {

struct Chunk {
    std::string type;
    ByteReader content;

    // An upper-case first letter marks a chunk that a reader must understand.
    bool critical() const { return type[0] >= 'A' && type[0] <= 'Z'; }
};

Chunk next_chunk(ByteReader& reader) {
    const std::size_t length = reader.u32();
    ByteReader content = reader;
    const auto checked = reader.take(4 + length);
    Crc32 crc;
    crc.add(std::as_bytes(checked));
    if (reader.u32() != crc.value()) content.fail("PNG chunk with a bad CRC");
    const auto type = content.take(4);
    for (const std::uint8_t letter : type)
        if (!std::isalpha(letter)) content.fail("PNG chunk without a name of four letters");
    return {{type.begin(), type.end()}, content.part(length)};
}

bool allowed(int depth, int color) {
    switch (color) {
        case 0: return depth == 1 || depth == 2 || depth == 4 || depth == 8 || depth == 16;
        case 3: return depth == 1 || depth == 2 || depth == 4 || depth == 8;
        case 2:
        case 4:
        case 6: return depth == 8 || depth == 16;
        default: return false;
    }
}

void read_header(ByteReader& content, const ImageLimits& limits, PngFile& png) {
    if (content.left() != 13)
        content.fail("PNG header of " + std::to_string(content.left()) + " bytes, not 13");
    const std::uint32_t width = content.u32();
    const std::uint32_t height = content.u32();
    png.size = checked_size(width, height, limits, content.name());
    png.depth = content.u8();
    const int color = content.u8();
    if (!allowed(png.depth, color))
        content.fail("PNG of bit depth " + std::to_string(png.depth) + " and colour type " +
                     std::to_string(color) + ", which the format does not have");
    png.color = static_cast<PngColor>(color);
    if (content.u8() != 0) content.fail("unknown PNG compression method");
    if (content.u8() != 0) content.fail("unknown PNG filter method");
    const int interlace = content.u8();
    if (interlace > 1) content.fail("unknown PNG interlace method");
    png.interlaced = interlace == 1;
}

void read_palette(ByteReader& content, PngFile& png) {
    if (!png.palette.empty() || !png.stream.empty()) content.fail("PNG palette in the wrong place");
    const std::size_t bytes = content.left();
    if (bytes == 0 || bytes % 3 != 0 || bytes > 3 * 256)
        content.fail("PNG palette of " + std::to_string(bytes) + " bytes");
    png.palette = content.take(bytes);
}

}  // namespace

int PngFile::channels() const {
    switch (color) {
        case PngColor::kRgb: return 3;
        case PngColor::kGreyAlpha: return 2;
        case PngColor::kRgbAlpha: return 4;
        default: return 1;
    }
}

std::size_t PngFile::row_bytes(int width) const {
    return (static_cast<std::size_t>(width) * static_cast<std::size_t>(channels() * depth) + 7) / 8;
}

PngFile read_png_file(std::span<const std::uint8_t> file, const std::string& name,
                      const ImageLimits& limits) {
    ByteReader reader(file, name);
    reader.take(8);  // the signature: what made the caller call this a PNG
    PngFile png;
    Chunk header = next_chunk(reader);
    if (header.type != "IHDR") header.content.fail("PNG begins with chunk " + header.type + ", not IHDR");
    read_header(header.content, limits, png);
    bool stream_ended = false;
    for (;;) {
        Chunk chunk = next_chunk(reader);
        if (chunk.type == "IEND") break;
        if (chunk.type == "IDAT") {
            if (stream_ended) chunk.content.fail("PNG pixel data is not in one run of IDAT chunks");
            const auto bytes = chunk.content.rest();
            png.stream.insert(png.stream.end(), bytes.begin(), bytes.end());
            continue;
        }
        stream_ended = !png.stream.empty();
        if (chunk.type == "PLTE")
            read_palette(chunk.content, png);
        else if (chunk.critical())
            chunk.content.fail("PNG chunk " + chunk.type + " is unknown and marked as necessary");
    }
    if (png.stream.empty()) reader.fail("PNG without pixel data (no IDAT)");
    if (png.color == PngColor::kPalette && png.palette.empty())
        reader.fail("PNG without its palette (no PLTE)");
    return png;
}

}  // namespace dyce
