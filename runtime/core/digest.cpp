#include "runtime/core/digest.h"

#include <cstdint>
#include <cstdio>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace dyce {

struct alignas(64) Digest::State {
    XXH3_state_t xxh3;
};

Digest::Digest() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->xxh3); }
Digest::~Digest() = default;

void Digest::add(std::span<const std::byte> field) {
    unsigned char length[8];
    for (unsigned i = 0; i < 8; ++i)
        length[i] = static_cast<unsigned char>(static_cast<std::uint64_t>(field.size()) >> (8 * i));
    XXH3_128bits_update(&state_->xxh3, length, sizeof length);
    if (!field.empty()) XXH3_128bits_update(&state_->xxh3, field.data(), field.size());
}

void Digest::add(std::string_view field) { add(std::as_bytes(std::span(field.data(), field.size()))); }

std::string Digest::hex() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(&state_->xxh3);
    char text[33];
    std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                  static_cast<unsigned long long>(hash.low64));
    return text;
}

}  // namespace dyce
