#include "search/train/backward/sum.h"

#include "runtime/core/threads.h"

#include <algorithm>

namespace dyce {
namespace {

constexpr std::int64_t kPiece = 2048;  // elements that stay in the first-level cache from loop to loop

// The sum of what `parts` point to, from element `at` on.
void add_up(std::span<void* const> parts, const float* mask, std::int64_t at, std::int64_t count, float* to) {
    std::copy_n(static_cast<const float*>(parts[0]) + at, count, to);
    for (const void* part : parts.subspan(1)) {
        const float* from = static_cast<const float*>(part) + at;
        for (std::int64_t i = 0; i < count; ++i) to[i] += from[i];
    }
    if (mask == nullptr) return;
    for (std::int64_t i = 0; i < count; ++i) to[i] = mask[i] > 0 ? to[i] : 0;
}

}  // namespace

void append_sum(Tape& tape, const std::vector<Buffer>& parts, const Buffer& to, const Buffer* mask) {
    const auto count = static_cast<std::int64_t>(byte_size(to.desc) / sizeof(float));
    std::vector<Buffer> buffers = parts;
    if (mask != nullptr) buffers.push_back(*mask);
    buffers.push_back(to);
    const std::size_t part_count = parts.size();
    const bool masked = mask != nullptr;
    const Loop loop = [count, part_count, masked](std::span<void* const> pointers) {
        const auto* passed = masked ? static_cast<const float*>(pointers[part_count]) : nullptr;
        auto* sum = static_cast<float*>(pointers.back());
        parallel_ranges(count, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t at = first; at < last; at += kPiece)
                add_up(pointers.first(part_count), masked ? passed + at : nullptr, at,
                       std::min(kPiece, last - at), sum + at);
        });
    };
    tape.run(loop, std::move(buffers));
}

}  // namespace dyce
