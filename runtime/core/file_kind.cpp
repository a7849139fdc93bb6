#include "runtime/core/file_kind.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace dyce {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kLook = 4096;  // bytes in which texts tell what they are

// The name of the first member of a zip archive (APPNOTE.TXT 6.3, 4.3.7).
std::string_view first_member(std::string_view bytes) {
    constexpr std::size_t kLengthAt = 26, kNameAt = 30;
    if (!bytes.starts_with("PK\3\4"sv) || bytes.size() < kNameAt) return {};
    std::uint16_t length = 0;
    std::memcpy(&length, bytes.data() + kLengthAt, sizeof length);
    return bytes.substr(kNameAt, length);
}

bool is_npz(std::string_view bytes) { return first_member(bytes).ends_with(".npy"); }
bool is_torch_zip(std::string_view bytes) { return first_member(bytes).ends_with("/data.pkl"); }
bool is_zip(std::string_view bytes) { return bytes.starts_with("PK\3\4"sv); }

bool is_pickle(std::string_view bytes) {
    return bytes.size() > 1 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5;
}

// The version of the format, then the producer, a domain, a version, a text, the graph or operator sets.
bool is_onnx(std::string_view bytes) {
    return bytes.size() > 16 && bytes[0] == '\x08' && bytes[1] >= 1 && bytes[1] <= 32 &&
           "\x12\x1a\x22\x28\x32\x3a\x42"sv.find(bytes[2]) != bytes.npos;
}

// Empty when it is no safetensors file.
std::string_view safetensors_header(std::string_view bytes) {
    std::uint64_t length = 0;
    if (bytes.size() <= sizeof length) return {};
    std::memcpy(&length, bytes.data(), sizeof length);
    const std::string_view rest = bytes.substr(sizeof length);
    return rest.starts_with('{') && length <= rest.size() ? rest.substr(0, length) : std::string_view();
}
bool is_safetensors(std::string_view bytes) { return !safetensors_header(bytes).empty(); }
bool is_model(std::string_view bytes) {
    return safetensors_header(bytes).find("\"dyce.format\"") != bytes.npos;
}

bool is_json_of(std::string_view bytes, std::string_view schema) {
    return bytes.starts_with("{") && bytes.substr(0, kLook).find(schema) != bytes.npos;
}
bool is_configurations(std::string_view bytes) { return is_json_of(bytes, "\"dyce.configs/"); }
bool is_bench(std::string_view bytes) { return is_json_of(bytes, "\"dyce.bench/"); }

bool is_webp(std::string_view bytes) {
    return bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP");
}
bool is_tiff(std::string_view bytes) { return bytes.starts_with("II*\0"sv) || bytes.starts_with("MM\0*"sv); }
bool is_html(std::string_view bytes) { return bytes.starts_with("<!DOCTYPE") || bytes.starts_with("<html"); }
bool is_tflite(std::string_view bytes) { return bytes.substr(0, 8).ends_with("TFL3"); }

template <const char* kMagic>
bool starts(std::string_view bytes) {
    return bytes.starts_with(kMagic);
}
constexpr char kPngMagic[] = "\x89PNG\r\n\x1a\n", kJpegMagic[] = "\xff\xd8\xff", kGifMagic[] = "GIF8",
               kNpyMagic[] = "\x93NUMPY", kHdf5Magic[] = "\x89HDF\r\n", kGzipMagic[] = "\x1f\x8b",
               kLfsMagic[] = "version https://git-lfs";

struct Row {
    bool (*matches)(std::string_view);
    FileKind kind;
};
// The first that matches: what is more special stands before what holds it.
constexpr Row kRows[] = {
    {starts<kPngMagic>, {.name = "a PNG image", .advice = "", .is_image = true}},
    {starts<kJpegMagic>, {.name = "a JPEG image", .advice = "", .is_image = true}},
    {starts<kGifMagic>, {.name = "a GIF image", .advice = "", .is_image = true}},
    {is_webp, {.name = "a WebP image", .advice = "", .is_image = true}},
    {is_tiff, {.name = "a TIFF image", .advice = "", .is_image = true}},
    {is_model, {.name = "a dyce model", .advice = "", .is_network = true}},
    {is_safetensors,
     {.name = "a safetensors file of weights",
      .advice = "dyce convert --arch NAME makes a model of it",
      .is_network = true}},
    {is_onnx, {.name = "an ONNX network", .advice = "dyce convert it first", .is_network = true}},
    {is_torch_zip,
     {.name = "a PyTorch (zip) file", .advice = "dyce convert tells how to re-save it", .is_network = true}},
    {is_pickle,
     {.name = "a PyTorch (pickle) file",
      .advice = "dyce convert tells how to re-save it",
      .is_network = true}},
    {starts<kHdf5Magic>, {.name = "an HDF5 (Keras) file", .advice = "export it to ONNX", .is_network = true}},
    {is_tflite, {.name = "a TensorFlow Lite network", .advice = "export it to ONNX", .is_network = true}},
    {is_npz, {.name = "an .npz archive (a record of dyce record, or arrays)", .advice = ""}},
    {is_zip, {.name = "a zip archive", .advice = "unpack it first"}},
    {starts<kNpyMagic>, {.name = "an .npy array", .advice = ""}},
    {is_configurations, {.name = "a configuration set", .advice = "it is given by --config"}},
    {is_bench, {.name = "a table of dyce bench --json", .advice = "it is given to dyce search by --latency"}},
    {starts<kGzipMagic>, {.name = "compressed by gzip", .advice = "unpack it first"}},
    {starts<kLfsMagic>,
     {.name = "a Git LFS pointer, not the file itself", .advice = "fetch it with: git lfs pull"}},
    {is_html, {.name = "a web page", .advice = "the download went wrong"}},
};

}  // namespace

const FileKind* find_file_kind(std::span<const std::byte> bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto found = std::find_if(std::begin(kRows), std::end(kRows),
                                    [text](const Row& row) { return row.matches(text); });
    return found == std::end(kRows) ? nullptr : &found->kind;
}

std::string wrong_file_message(std::span<const std::byte> bytes, std::string_view expected,
                               const std::string& otherwise) {
    const FileKind* kind = find_file_kind(bytes);
    if (kind == nullptr) return otherwise;
    std::string message = "is " + std::string(kind->name);
    if (!kind->advice.empty()) message += "; " + std::string(kind->advice);
    return message + " (expected " + std::string(expected) + ")";
}

}  // namespace dyce
