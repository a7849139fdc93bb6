#include "search/train/backward/sum.h"

#include "runtime/core/threads.h"
#include "search/train/backward/bfloat16_loops.h"

#include <algorithm>
#include <array>

namespace dyce {
namespace {

constexpr std::int64_t kPiece = 2048;  // elements that stay in the first-level cache from loop to loop

// The sum of what `parts` point to, from element `at` on, rounded once.
template <class Number>
void add_up(std::span<void* const> parts, const void* mask, std::int64_t at, std::int64_t count, void* to) {
    std::array<float, kPiece> sum{};
    for (const void* part : parts) {
        const Number* from = static_cast<const Number*>(part) + at;
        for (std::int64_t i = 0; i < count; ++i) sum[static_cast<std::size_t>(i)] += widen(from[i]);
    }
    if (mask != nullptr) {
        const Number* passed = static_cast<const Number*>(mask) + at;
        for (std::int64_t i = 0; i < count; ++i)
            sum[static_cast<std::size_t>(i)] = widen(passed[i]) > 0 ? sum[static_cast<std::size_t>(i)] : 0;
    }
    Number* const result = static_cast<Number*>(to) + at;
    for (std::int64_t i = 0; i < count; ++i) narrow(sum[static_cast<std::size_t>(i)], result[i]);
}

}  // namespace

void append_sum(Tape& tape, const std::vector<Buffer>& parts, const Buffer& to, const Buffer* mask) {
    const bool is_narrow = type_of(to.desc) == DescType::bf16;
    const auto count = static_cast<std::int64_t>(byte_size(to.desc) / (is_narrow ? 2 : sizeof(float)));
    const auto add = is_narrow ? add_up<Bfloat16> : add_up<float>;
    std::vector<Buffer> buffers = parts;
    if (mask != nullptr) buffers.push_back(*mask);
    buffers.push_back(to);
    const std::size_t part_count = parts.size();
    const bool masked = mask != nullptr;
    const Loop loop = [count, part_count, masked, add](std::span<void* const> pointers) {
        const void* const passed = masked ? pointers[part_count] : nullptr;
        parallel_ranges(count, [&](std::int64_t first, std::int64_t last) {
            for (std::int64_t at = first; at < last; at += kPiece)
                add(pointers.first(part_count), passed, at, std::min(kPiece, last - at), pointers.back());
        });
    };
    tape.run(loop, std::move(buffers));
}

}  // namespace dyce
