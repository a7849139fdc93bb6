// Where a tensor is not zero, in row-major order: as a bit for each number, or as the lengths of the runs of zeros.
// Pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dyce {

/// A run of this length goes on with the next byte: no number follows it.
constexpr std::size_t kOpenRun = 255;

inline std::size_t mask_bytes(std::size_t count) { return (count + 7) / 8; }

/// Whether a mask of `count` numbers has a bit behind them.
inline bool has_bits_behind(std::span<const std::byte> mask, std::size_t count) {
    return count % 8 != 0 && std::to_integer<unsigned>(mask.back()) >> (count % 8) != 0;
}

/// Calls visit(i) for each of `count` numbers whose bit is set; the lowest bit of a byte comes first.
template <class Visit>
void visit_mask(std::span<const std::byte> mask, std::size_t count, const Visit& visit) {
    for (std::size_t i = 0; i < count; ++i)
        if ((std::to_integer<unsigned>(mask[i / 8]) >> (i % 8) & 1) != 0) visit(i);
}

/// Calls visit(i) for each number that the runs lead to, until they have passed `count` numbers; zeros up to the end are
/// a run, too. Gives the bytes read, or 0 where the runs end early or lead past the end.
template <class Visit>
std::size_t visit_gaps(std::span<const std::byte> gaps, std::size_t count, const Visit& visit) {
    std::size_t at = 0, read = 0;
    while (at < count) {
        if (read == gaps.size()) return 0;
        const auto run = std::to_integer<std::size_t>(gaps[read++]);
        at += run;
        if (at > count) return 0;
        if (run == kOpenRun || at == count) continue;
        visit(at++);
    }
    return read;
}

/// The other way round: is_set(i) tells for each of `count` numbers.
template <class IsSet>
std::vector<std::byte> mask_of(std::size_t count, const IsSet& is_set) {
    std::vector<std::byte> mask(mask_bytes(count));
    for (std::size_t i = 0; i < count; ++i)
        if (is_set(i)) mask[i / 8] |= std::byte{1} << (i % 8);
    return mask;
}

template <class IsSet>
std::vector<std::byte> gaps_of(std::size_t count, const IsSet& is_set) {
    std::vector<std::byte> gaps;
    std::size_t run = 0;
    const auto close = [&] {
        for (; run >= kOpenRun; run -= kOpenRun) gaps.push_back(static_cast<std::byte>(kOpenRun));
    };
    for (std::size_t i = 0; i < count; ++i) {
        if (!is_set(i)) {
            ++run;
            continue;
        }
        close();
        gaps.push_back(static_cast<std::byte>(run));
        run = 0;
    }
    close();
    if (run > 0) gaps.push_back(static_cast<std::byte>(run));
    return gaps;
}

}  // namespace dyce
