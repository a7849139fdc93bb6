#include "runtime/core/crc32.h"

#include <array>

namespace dyce {
namespace {

constexpr std::array<std::uint32_t, 256> kTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t value = i;
        for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
        table[i] = value;
    }
    return table;
}();

}  // namespace

void Crc32::add(std::span<const std::byte> bytes) {
    for (const std::byte byte : bytes)
        state_ = state_ >> 8 ^ kTable[(state_ ^ std::to_integer<std::uint32_t>(byte)) & 0xff];
}

}  // namespace dyce
