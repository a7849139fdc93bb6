// Pieces of hostile files.
#pragma once

#include <cstdint>
#include <string>

namespace dyce::test {

/// `value` as `bytes` bytes, little-endian.
inline std::string little(std::uint64_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>(i < 8 ? value >> (8 * i) : 0);
    return text;
}

inline std::string repeat(const std::string& text, int count) {
    std::string result;
    result.reserve(text.size() * static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) result += text;
    return result;
}

/// A safetensors file.
inline std::string container(const std::string& header, const std::string& data = "") {
    return little(header.size(), 8) + header + data;
}

}  // namespace dyce::test
