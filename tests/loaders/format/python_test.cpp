// The format as its document tells it, read by programs that share no code with ours.
#include "tests/loaders/format/bytes.h"
#include "tests/loaders/format/gated_model.h"
#include "tests/loaders/format/tiny_model.h"
#include "tests/support/support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>

#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace dyce;
using namespace dyce::test;

namespace {

// The first block of Python in a Markdown document.
std::string python_of(const std::string& markdown) {
    const std::string fence = "```python\n";
    const std::size_t begin = markdown.find(fence) + fence.size();
    return markdown.substr(begin, markdown.find("```", begin) - begin);
}

std::string output_of(const std::string& command) {
    std::string text;
    std::array<char, 256> buffer{};
    FILE* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    while (std::fgets(buffer.data(), buffer.size(), pipe) != nullptr) text += buffer.data();
    CHECK(pclose(pipe) == 0);
    return text;
}

std::string field(const std::string& text) { return little(text.size(), 8) + text; }

// By name.
std::string tensor_fields(const std::map<std::string, Tensor>& tensors) {
    std::string fields;
    for (const auto& [name, tensor] : tensors) {
        std::string shape;
        for (std::int64_t dim : tensor.shape()) shape += (shape.empty() ? "[" : ",") + std::to_string(dim);
        fields += field(name) + field("F32") + field(shape + "]") +
                  field({static_cast<const char*>(tensor.bytes()), tensor.byte_size()});
    }
    return fields;
}

std::string xxh3(const std::string& bytes) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
    std::string hex;
    for (unsigned char byte : canonical.digest) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", byte);
        hex += digits;
    }
    return hex;
}

}  // namespace

TEST_CASE("model format: the document's ten lines of Python read a model") {
    if (!have_python("json")) return;
    const std::string code = python_of(read_file(DYCE_SOURCE_DIR "/docs/model-format.md"));
    CHECK(std::count(code.begin(), code.end(), '\n') == 10);
    TempFolder folder;
    write_file(folder / "read.py", code);
    save_model(folder / "tiny.safetensors", tiny_model());
    CHECK(output_of("/usr/bin/python3 " + folder / "read.py" + " " + folder / "tiny.safetensors") ==
          "tiny ['Conv', 'Relu', 'Conv']\n"
          "conv2.weight F32 [5, 4, 4, 4] (-0.5,)\n"
          "conv1.weight F32 [4, 3, 3, 3] (-0.5,)\n"
          "conv2.bias F32 [5] (-0.5,)\n");
}

TEST_CASE("model format: digests are what the document says") {
    TempFolder folder;
    const std::string path = folder / "tiny.safetensors";
    save_model(path, tiny_model());
    const ModelParts parts(path);
    const std::string content =
        field(parts.metadata.at("dyce.graph")) + field("") + tensor_fields(parts.tensors);
    const std::string preprocess =
        R"({"crop":8,"height":8,"interpolation":"bilinear","mean":[0.485,0.456,0.406],)"
        R"("resize":10,"std":[0.229,0.224,0.225],"width":8})";
    CHECK(parts.metadata.at("dyce.preprocess") == preprocess);
    CHECK(parts.metadata.at("dyce.digest") ==
          R"({"model":")" + xxh3(content) + R"(","preprocess":")" + xxh3(field(preprocess)) + "\"}");
}

TEST_CASE("model format: what is said of a member beside its network is a field of its own") {
    TempFolder folder;
    const std::string path = folder / "gated.safetensors";
    save_model(path, gated_model({0.3}));
    const ModelParts parts(path);
    const std::string content = field(parts.metadata.at("dyce.graph")) +
                                field(parts.metadata.at("dyce.exits")) + field(R"({"gate_threshold":0.3})") +
                                tensor_fields(parts.tensors);
    CHECK(parts.metadata.at("dyce.digest").find(R"({"model":")" + xxh3(content) + '"') == 0);
}
