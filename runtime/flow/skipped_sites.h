// Which stages rows went past, because gates let them: by the site at whose end a row stood without having run the
// stage, through all members. SkippedSites borrows what SkippedTable owns. One thread at a time.
#pragma once

#include "graph/exits/exits.h"
#include "runtime/core/index.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace dyce {

/// How many sites a SkippedTable for rows of a model has: none where no member has gates.
inline std::size_t skippable_sites(const std::vector<ExitSite>& positions) {
    const auto has_gate = [](const ExitSite& site) { return site.gate.has_value(); };
    return std::any_of(positions.begin(), positions.end(), has_gate) ? positions.size() : 0;
}

/// Of one row.
class SkippedSites {
public:
    SkippedSites() = default;
    explicit SkippedSites(std::span<const std::uint64_t> bits) : bits_(bits) {}

    bool has(int site) const {
        const std::size_t word = index(site) / 64;
        return word < bits_.size() && (bits_[word] >> (index(site) % 64) & 1) != 0;
    }
    std::span<const std::uint64_t> bits() const { return bits_; }
    /// Rising.
    std::vector<int> list() const {
        std::vector<int> sites;
        for (int site = 0; site < static_cast<int>(64 * bits_.size()); ++site)
            if (has(site)) sites.push_back(site);
        return sites;
    }

private:
    std::span<const std::uint64_t> bits_;  // one a site
};

/// Of all rows of a run.
class SkippedTable {
public:
    /// Without sites there is nothing to keep. Allocates here alone.
    SkippedTable(std::size_t rows, std::size_t sites) : words_((sites + 63) / 64), bits_(rows * words_) {}

    std::size_t words() const { return words_; }  ///< of a row
    void clear() { std::ranges::fill(bits_, 0); }
    void set(int row, int site) {
        bits_[index(row) * words_ + index(site) / 64] |= std::uint64_t{1} << (index(site) % 64);
    }
    SkippedSites of(int row) const {
        return SkippedSites(std::span(bits_).subspan(index(row) * words_, words_));
    }
    /// Of the first rows, one after another.
    std::span<const std::uint64_t> bits(std::size_t rows) const {
        return std::span(bits_).first(rows * words_);
    }
    /// As bits() gave them.
    void assign(std::span<const std::uint64_t> bits) { std::ranges::copy(bits, bits_.begin()); }

private:
    std::size_t words_;
    std::vector<std::uint64_t> bits_;
};

}  // namespace dyce
