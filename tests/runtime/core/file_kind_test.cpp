// Files by their first bytes, as the formats' own specifications give them.
#include "runtime/core/file_kind.h"

#include <doctest/doctest.h>

#include <string>

using namespace dyce;

namespace {

std::string message(const std::string& content) {
    return wrong_file_message(std::as_bytes(std::span(content)), "a record", "nothing known");
}

std::string safetensors(const std::string& header) {
    return std::string(1, static_cast<char>(header.size())) + std::string(7, '\0') + header;
}

std::string zip(const std::string& member) {
    std::string text = "PK\3\4" + std::string(26, '\0') + member;
    text[26] = static_cast<char>(member.size());
    return text + "content";
}

}  // namespace

TEST_CASE("files are told apart by their first bytes") {
    const struct {
        std::string content;
        const char* piece;
    } rows[] = {
        {"\x89PNG\r\n\x1a\n....", "is a PNG image (expected a record)"},
        {"\xff\xd8\xff\xe0....", "is a JPEG image"},
        {"RIFF....WEBPVP8 ", "is a WebP image"},
        {safetensors(R"({"__metadata__":{"dyce.format":"dyce.model/1"}})"), "is a dyce model"},
        {safetensors(R"({"w":{"dtype":"F32"}})"),
         "is a safetensors file of weights; dyce convert --arch NAME"},
        {std::string("\x08\x07\x12\x07pytorch\x1a\x05") + "1.13.",
         "is an ONNX network; dyce convert it first"},
        {"\x80\x02}q\x01", "is a PyTorch (pickle) file"},
        {zip("archive/data.pkl"), "is a PyTorch (zip) file"},
        {zip("label.npy"), "is an .npz archive"},
        {zip("photo.jpg"), "is a zip archive; unpack it first"},
        {"\x89HDF\r\n\x1a\n", "is an HDF5 (Keras) file"},
        {"{\"schema\": \"dyce.configs/1\", ", "is a configuration set; it is given by --config"},
        {"version https://git-lfs.github.com/spec/v1\n",
         "is a Git LFS pointer, not the file itself; fetch it"},
        {"<!DOCTYPE html>", "is a web page"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.piece);
        CHECK(message(row.content).find(row.piece) == 0);
    }
}

TEST_CASE("what is of no known kind, or cut short, is left to others") {
    for (const char* content : {"", "P", "PK", "hello", "{}", "\x08\x07", "RIFF"}) {
        CAPTURE(content);
        CHECK(message(content) == "nothing known");
    }
}
