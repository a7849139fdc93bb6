// Memory aligned for the widest vector loads. Owner: the returned pointer.
#pragma once

#include <dyce/error.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

namespace dyce {

constexpr std::size_t kAlignment = 64;

constexpr std::size_t align_up(std::size_t size) { return (size + kAlignment - 1) / kAlignment * kAlignment; }

/// `size` uninitialised bytes on a 64-byte boundary (never null, even for size 0).
/// Throws Error{kResource} when memory is short.
inline std::shared_ptr<std::byte> allocate_aligned(std::size_t size) {
    if (size > SIZE_MAX - kAlignment)
        throw Error(ErrorCode::kResource, "memory", "request of " + std::to_string(size) + " bytes");
    void* block = std::aligned_alloc(kAlignment, align_up(size == 0 ? 1 : size));
    if (block == nullptr)
        throw Error(ErrorCode::kResource, "memory", "cannot allocate " + std::to_string(size) + " bytes");
    return {static_cast<std::byte*>(block), [](std::byte* p) { std::free(p); }};
}

}  // namespace dyce
