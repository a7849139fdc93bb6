// Small PNG and JPEG files made byte by byte, right or wrong as a test needs them.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

namespace dyce::test {

/// A string of byte values.
inline std::string bytes(std::initializer_list<int> values) {
    std::string text;
    for (const int value : values) text += static_cast<char>(value);
    return text;
}

inline std::string big_endian(std::uint32_t value, int size) {
    std::string text;
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) text += static_cast<char>(value >> shift & 0xff);
    return text;
}

/// Bits packed into bytes, first bit lowest (deflate) or highest (JPEG).
class BitWriter {
public:
    explicit BitWriter(bool lowest_first) : lowest_first_(lowest_first) {}
    /// Appends the bits of `text`, e.g. "0101".
    void bits(const std::string& text) {
        for (const char bit : text) {
            if (used_ % 8 == 0) out_ += '\0';
            const int place = lowest_first_ ? used_ % 8 : 7 - used_ % 8;
            if (bit == '1') out_.back() = static_cast<char>(out_.back() | 1 << place);
            ++used_;
        }
    }
    const std::string& str() const { return out_; }
    int used() const { return used_; }

private:
    bool lowest_first_;
    std::string out_;
    int used_ = 0;
};

// ---- PNG -------------------------------------------------------------------------------------------------

inline const std::string kPngSignature = bytes({0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'});

/// A chunk with its CRC, computed bit by bit.
inline std::string png_chunk(const std::string& type, const std::string& content) {
    std::uint32_t crc = 0xffffffff;
    for (const char c : type + content) {
        crc ^= static_cast<std::uint8_t>(c);
        for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
    }
    return big_endian(static_cast<std::uint32_t>(content.size()), 4) + type + content + big_endian(~crc, 4);
}

inline std::string png_header(std::uint32_t width, std::uint32_t height, int depth, int color,
                              int interlace = 0) {
    return png_chunk("IHDR",
                     big_endian(width, 4) + big_endian(height, 4) + bytes({depth, color, 0, 0, interlace}));
}

inline std::uint32_t adler32(const std::string& raw) {
    std::uint32_t a = 1, b = 0;
    for (const char c : raw) {
        a = (a + static_cast<std::uint8_t>(c)) % 65521;
        b = (b + a) % 65521;
    }
    return b << 16 | a;
}

/// A zlib stream of stored (not compressed) blocks.
inline std::string zlib_stored(const std::string& raw) {
    std::string out = bytes({0x78, 0x01});
    for (std::size_t at = 0; at == 0 || at < raw.size(); at += 65535) {
        const std::string block = raw.substr(at, 65535);
        const auto size = static_cast<int>(block.size());
        out +=
            bytes({at + 65535 >= raw.size(), size & 255, size >> 8, ~size & 255, ~size >> 8 & 255}) + block;
    }
    return out + big_endian(adler32(raw), 4);
}

/// A zlib stream of 1 + 258 * `runs` zero bytes in 13 bits a run.
inline std::string zlib_bomb(int runs) {
    BitWriter writer(true);
    writer.bits(
        "1"
        "10"
        "00110000");  // last block, fixed codes, byte 0
    for (int i = 0; i < runs; ++i)
        writer.bits(
            "11000101"
            "00000");        // length 258, distance 1
    writer.bits("0000000");  // end of block
    return bytes({0x78, 0x01}) + writer.str() + big_endian(0, 4);
}

/// A whole file around a header chunk, further chunks and one IDAT with `stream`.
inline std::string png(const std::string& header, const std::string& stream, const std::string& chunks = "") {
    return kPngSignature + header + chunks + png_chunk("IDAT", stream) + png_chunk("IEND", "");
}

// ---- JPEG ------------------------------------------------------------------------------------------------

inline std::string jpeg_segment(int marker, const std::string& content) {
    return bytes({0xff, marker}) + big_endian(static_cast<std::uint32_t>(content.size()) + 2, 2) + content;
}

/// A frame header; component i has id i and takes quantization table 0.
inline std::string jpeg_frame(int marker, std::uint32_t width, std::uint32_t height, int components,
                              int precision = 8, int sampling = 0x11) {
    std::string content =
        bytes({precision}) + big_endian(height, 2) + big_endian(width, 2) + bytes({components});
    for (int i = 1; i <= components; ++i) content += bytes({i, i == 1 ? sampling : 0x11, 0});
    return jpeg_segment(marker, content);
}

/// Quantization by 8 everywhere: a mean value of k in a block makes its pixels 128 + k.
inline std::string jpeg_quantization() { return jpeg_segment(0xdb, bytes({0}) + std::string(64, 8)); }

/// DC codes: "0" = no change, "10" = a change of 6 bits. AC codes: "0" = end of block.
inline std::string jpeg_huffman() {
    const std::string none(15, '\0');
    return jpeg_segment(0xc4, bytes({0x00, 1, 1}) + none.substr(1) + bytes({0, 6})) +
           jpeg_segment(0xc4, bytes({0x10, 1}) + none + bytes({0}));
}

/// A scan header over components 1..`components`; `spectral` = first, last, approximation.
inline std::string jpeg_scan(int components, const std::string& spectral = bytes({0, 63, 0})) {
    std::string content = bytes({components});
    for (int i = 1; i <= components; ++i) content += bytes({i, 0});
    return jpeg_segment(0xda, content + spectral);
}

inline const std::string kJpegStart = bytes({0xff, 0xd8});
inline const std::string kJpegEnd = bytes({0xff, 0xd9});
inline const std::string kJpegTables = jpeg_quantization() + jpeg_huffman();

/// A grey 16x8 baseline file: 8 columns of 168, then 8 of 108.
inline std::string grey_jpeg() {
    BitWriter writer(false);
    writer.bits(
        "10"
        "101000"
        "0");  // +40
    writer.bits(
        "10"
        "000011"
        "0");  // -60
    while (writer.used() % 8 != 0) writer.bits("1");
    return kJpegStart + kJpegTables + jpeg_frame(0xc0, 16, 8, 1) + jpeg_scan(1) + writer.str() + kJpegEnd;
}

}  // namespace dyce::test
