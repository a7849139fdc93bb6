// CRC-32 as PNG and zip use it (ISO 3309, polynomial 0xedb88320 reflected). A value; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dyce {

/// Of everything added so far.
class Crc32 {
public:
    void add(std::span<const std::byte> bytes);
    std::uint32_t value() const { return ~state_; }

private:
    std::uint32_t state_ = 0xffffffff;
};

}  // namespace dyce
