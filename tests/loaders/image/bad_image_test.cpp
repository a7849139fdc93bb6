// Files that must be refused, each with its error code and a message that says what was found.
#include "tests/loaders/image/make_files.h"
#include "tests/support/check_throws.h"
#include "tests/support/support.h"

#include <dyce/image.h>

#include <doctest/doctest.h>

#include <string>

using namespace dyce;
using namespace dyce::test;

namespace {

struct Refusal {
    std::string name;
    std::string file;
    const char* message;
    ErrorCode code = ErrorCode::kContent;
};

void check_refused(const Refusal& row) {
    INFO(row.name);
    check_throws([&] { Image::decode(row.file.data(), row.file.size(), "cat.jpg"); }, row.code, row.message,
                 "cat.jpg");
}

std::string replaced(std::string text, std::size_t at, const std::string& part) {
    return text.replace(at, part.size(), part);
}

// A file of 8x8 pixels with `between` after the tables and `scan` (header and data) as its only scan.
std::string jpeg(const std::string& frame, const std::string& scan, const std::string& between = "") {
    return kJpegStart + kJpegTables + frame + between + scan + kJpegEnd;
}

const std::string kFrame = jpeg_frame(0xc0, 8, 8, 1);
const std::string kData = bytes({0x3f});  // one block of no change: 0 0, then ones

std::string progressive_bomb() {
    std::string file =
        kJpegStart + kJpegTables + jpeg_frame(0xc2, 7000, 7000, 1) + jpeg_scan(1, bytes({0, 0, 0}));
    for (int i = 0; i < 1000; ++i) file += kData + jpeg_scan(1, bytes({1, 63, 0}));
    return file + kData + kJpegEnd;
}

}  // namespace

TEST_CASE("what is no image that dyce reads is refused by its content") {
    const Refusal rows[] = {
        {"empty", "", "it is empty"},
        {"text", "hello, world", "neither"},
        {"GIF", "GIF89a" + std::string(20, '\0'), "GIF"},
        {"PSD", "8BPS" + std::string(20, '\0'), "Photoshop"},
        {"TGA", bytes({0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 24, 0, 1, 2, 3}), "neither"},
        {"BMP", "BM" + std::string(60, '\0'), "BMP"},
        {"WebP", "RIFF" + bytes({4, 0, 0, 0}) + "WEBP", "WebP"},
        {"TIFF", bytes({'I', 'I', 42, 0, 8, 0, 0, 0}), "TIFF"},
        {"WAV", "RIFF" + bytes({4, 0, 0, 0}) + "WAVE", "WAV"},
        {"LFS pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:00", "git lfs pull"},
        {"half a PNG signature", kPngSignature.substr(0, 5), "neither"},
        {"half a JPEG signature", kJpegStart, "neither"},
    };
    for (const Refusal& row : rows) check_refused(row);
}

TEST_CASE("broken PNG files are refused") {
    const std::string header = png_header(2, 2, 8, 0);
    const std::string stream = zlib_stored(bytes({0, 1, 2, 0, 3, 4}));
    const std::string palette = png_chunk("PLTE", bytes({1, 2, 3, 4, 5, 6}));
    const std::string good = png(header, stream);
    const Refusal rows[] = {
        {"side of 2^31", png(png_header(1U << 31, 1, 8, 0), stream), "2147483648x1", ErrorCode::kResource},
        {"1x16M", png(png_header(1, 1 << 24, 8, 0), stream), "1x16777216", ErrorCode::kResource},
        {"too many pixels", png(png_header(16'384, 16'384, 8, 0), stream), "50000000", ErrorCode::kResource},
        {"0x0", png(png_header(0, 0, 8, 0), stream), "0x0"},
        {"5x0", png(png_header(5, 0, 8, 0), stream), "5x0"},
        {"deflate bomb", png(header, zlib_bomb(250'000)), "more than the 6 bytes"},
        {"one byte too many", png(header, zlib_stored(std::string(7, '\0'))), "more than the 6 bytes"},
        {"one byte too few", png(header, zlib_stored(std::string(5, '\0'))), "ends after 5 of 6"},
        {"bad CRC of the header", replaced(good, 20, "\x7f"), "bad CRC"},
        {"bad CRC of the pixels", replaced(good, good.size() - 14, "\x7f"), "bad CRC"},
        {"bad Adler-32", png(header, replaced(stream, stream.size() - 1, "\x7f")), "Adler-32"},
        {"stream of three bytes", png(header, bytes({0x78, 0x01, 0x03})), "no zlib stream"},
        {"reserved block type", png(header, bytes({0x78, 0x01, 0x07, 0, 0, 0, 0})), "deflate"},
        {"empty stream", kPngSignature + header + png_chunk("IDAT", "") + png_chunk("IEND", ""), "no IDAT"},
        {"filter 5", png(header, zlib_stored(bytes({0, 1, 2, 5, 3, 4}))), "row 1 has filter 5"},
        {"palette out of range", png(png_header(2, 1, 8, 3), zlib_stored(bytes({0, 1, 2})), palette),
         "beyond the 2"},
        {"no palette", png(png_header(2, 1, 8, 3), zlib_stored(bytes({0, 1, 2}))), "no PLTE"},
        {"palette of 4 bytes", png(header, stream, png_chunk("PLTE", "abcd")), "palette of 4 bytes"},
        {"palette of 257 colours", png(header, stream, png_chunk("PLTE", std::string(771, 'x'))), "771"},
        {"two palettes", png(header, stream, palette + palette), "wrong place"},
        {"no IDAT", kPngSignature + header + png_chunk("IEND", ""), "no IDAT"},
        {"split IDAT",
         kPngSignature + header + png_chunk("IDAT", stream) + png_chunk("teXt", "") +
             png_chunk("IDAT", stream) + png_chunk("IEND", ""),
         "one run"},
        {"not IHDR first", kPngSignature + png_chunk("IDAT", stream) + png_chunk("IEND", ""),
         "begins with chunk IDAT"},
        {"second IHDR", png(header, stream, header), "IHDR"},
        {"header of 12 bytes", png(png_chunk("IHDR", std::string(12, '\1')), stream), "12 bytes, not 13"},
        {"depth 3", png(png_header(2, 2, 3, 0), stream), "bit depth 3"},
        {"palette of 16 bits", png(png_header(2, 2, 16, 3), stream), "bit depth 16 and colour type 3"},
        {"colour type 5", png(png_header(2, 2, 8, 5), stream), "colour type 5"},
        {"interlace 2", png(png_header(2, 2, 8, 0, 2), stream), "interlace"},
        {"unknown necessary chunk", png(header, stream, png_chunk("CgBI", "")), "CgBI"},
        {"chunk name of digits", png(header, stream, png_chunk("a1b2", "")), "four letters"},
        {"chunk longer than the file", kPngSignature + header + big_endian(0x7fffffff, 4) + "IDAT",
         "cut short"},
    };
    for (const Refusal& row : rows) check_refused(row);
}

TEST_CASE("broken JPEG files are refused") {
    const std::string scan = jpeg_scan(1) + kData;
    const std::string rgb_frame = jpeg_frame(0xc0, 8, 8, 3);
    const std::string huge_table =
        jpeg_segment(0xc4, bytes({0}) + std::string(16, '\x11') + std::string(272, 'x'));
    const Refusal rows[] = {
        {"65535x65535", jpeg(jpeg_frame(0xc0, 65535, 65535, 3), scan), "65535x65535", ErrorCode::kResource},
        {"width 0", jpeg(jpeg_frame(0xc0, 0, 8, 1), scan), "0x8"},
        {"height 0", jpeg(jpeg_frame(0xc0, 8, 0, 1), scan), "8x0"},
        {"progressive bomb", progressive_bomb(), "too many scans", ErrorCode::kResource},
        {"bad Huffman code", jpeg(kFrame, jpeg_scan(1) + bytes({0xff, 0x00})), "bad huffman code"},
        {"12-bit", jpeg(jpeg_frame(0xc1, 8, 8, 1, 12), scan), "12-bit"},
        {"lossless", jpeg(jpeg_frame(0xc3, 8, 8, 1), scan), "lossless"},
        {"hierarchical", jpeg(jpeg_frame(0xc5, 8, 8, 1), scan), "hierarchical"},
        {"arithmetic", jpeg(jpeg_frame(0xc9, 8, 8, 1), scan), "arithmetic"},
        {"2 components", jpeg(jpeg_frame(0xc0, 8, 8, 2), scan), "2 components"},
        {"4 components of unknown colours", jpeg(jpeg_frame(0xc0, 8, 8, 4), jpeg_scan(4) + kData), "Adobe"},
        {"sampling factor 0", jpeg(jpeg_frame(0xc0, 8, 8, 1, 8, 0x01), scan), "sampling"},
        {"two frames", jpeg(kFrame, scan, kFrame), "second JPEG frame"},
        {"no frame", jpeg("", ""), "without a frame"},
        {"scan before frame", jpeg("", scan), "before the frame"},
        {"no scan", jpeg(kFrame, ""), "component 1 is in no scan"},
        {"one scan of three", jpeg(rgb_frame, scan), "component 2 is in no scan"},
        {"scan of 5 components", jpeg(rgb_frame, jpeg_segment(0xda, bytes({5}) + std::string(13, '\0'))),
         "scan of 5"},
        {"unknown component", jpeg(kFrame, jpeg_segment(0xda, bytes({1, 9, 0, 0, 63, 0})) + kData),
         "component 9"},
        {"coded twice", jpeg(kFrame, scan + scan), "coded twice"},
        {"refined before it is coded",
         jpeg(jpeg_frame(0xc2, 8, 8, 1), jpeg_scan(1, bytes({1, 63, 0})) + kData),
         "refines what no scan has coded"},
        {"no Huffman tables", kJpegStart + jpeg_quantization() + kFrame + scan + kJpegEnd, "not defined"},
        {"no quantization", kJpegStart + jpeg_huffman() + kFrame + scan + kJpegEnd, "not defined"},
        {"Huffman table of 272 codes", jpeg(kFrame, scan, huge_table), "272 codes"},
        {"overfull Huffman table",
         jpeg(kFrame, scan, jpeg_segment(0xc4, bytes({0, 3}) + std::string(15, '\0') + "abc")),
         "bad code lengths"},
        {"Huffman table 4", jpeg(kFrame, scan, jpeg_segment(0xc4, bytes({4}) + std::string(16, '\0'))),
         "out of range"},
        {"quantization table 4", jpeg(kFrame, scan, jpeg_segment(0xdb, bytes({4}) + std::string(64, '\1'))),
         "out of range"},
        {"missing restart markers",
         jpeg(jpeg_frame(0xc0, 64, 64, 1), scan, jpeg_segment(0xdd, bytes({0, 8}))),
         "0 restart markers, its size asks for 7"},
        {"restart marker without an interval", jpeg(kFrame, scan + bytes({0xff, 0xd0})),
         "without a restart interval"},
        {"marker 01", jpeg(kFrame, scan, bytes({0xff, 0x01})), "unexpected JPEG marker"},
        {"nothing but stray bytes", kJpegStart + bytes({0xff, 0}) + "abc", "cut short"},
        {"segment of length 1", jpeg(kFrame, scan, bytes({0xff, 0xe0, 0, 1})), "segment of length 1"},
        {"bytes left in a segment", jpeg(kFrame, scan, jpeg_segment(0xdd, bytes({0, 0, 0}))), "left over"},
    };
    for (const Refusal& row : rows) check_refused(row);
}

TEST_CASE("a file cut anywhere is refused") {
    const std::string restarts =
        jpeg(jpeg_frame(0xc0, 16, 8, 1), jpeg_scan(1) + kData + bytes({0xff, 0xd0}) + kData,
             jpeg_segment(0xdd, bytes({0, 1})));
    for (const std::string& file :
         {png(png_header(40, 40, 8, 2), zlib_stored(std::string(40 * 121, '\0'))), grey_jpeg(), restarts}) {
        Image::decode(file.data(), file.size());
        for (std::size_t depth = 1; depth <= 8; ++depth) {
            CAPTURE(depth);
            check_refused({"cut", file.substr(0, 8 + (file.size() - 8) * depth / 9), "cut short"});
        }
        check_refused({"last byte missing", file.substr(0, file.size() - 1), "cut short"});
    }
}

TEST_CASE("what cannot be read as a file is an I/O error") {
    TempFolder folder;
    for (const std::string& path : {folder / "missing.jpg", folder.path().string()})
        check_throws([&] { Image::load(path); }, ErrorCode::kIo, "", path);
}
