// A record prepared for searching: the images of each column sorted by score, once. Immutable; shared by
// all threads. Borrows the scores of the record, not its predictions.
#pragma once

#include "search/record/record.h"
#include "search/simulate/cost_table.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace dyce {

/// An image in a column's order of falling scores.
class CutEntry {
public:
    CutEntry(std::size_t image, bool right, bool last)
        : bits_(static_cast<std::uint32_t>(image << 2 | (right ? 2u : 0u) | (last ? 1u : 0u))) {}

    std::size_t image() const { return bits_ >> 2; }
    /// Whether the column's prediction is right, as 0 or 1.
    std::size_t right() const { return bits_ >> 1 & 1; }
    /// Whether the next entry has a smaller score, so that a threshold fits in between.
    bool last() const { return (bits_ & 1) != 0; }

private:
    std::uint32_t bits_;
};

class SearchSpace {
public:
    /// Bins of a column hold about as many images each; equal scores are in the same bin.
    static constexpr std::size_t kBins = 127;
    /// A tag is bin * 2 + whether the prediction is right. Bin kBins is for images without a score.
    static constexpr std::size_t kTags = 2 * (kBins + 1);

    struct Column {
        std::size_t position;
        const float* scores;                        ///< by image
        std::vector<CutEntry> order;                ///< the images that have a score, the most probable first
        std::vector<std::uint8_t> tags;             ///< by image
        std::array<std::uint32_t, kBins + 1> bins;  ///< where each begins in `order`; at last its size
        /// Images by tag: first those where the final exit is wrong, then those where it is right.
        std::array<std::array<std::uint32_t, kTags>, 2> by_final;
    };

    /// Prepares `threads` columns at once. `score` is an index in Record::scores; the record's answers beyond
    /// the first are left out when it is read (topk 1).
    SearchSpace(const Record& record, std::size_t score, const CostTable& costs, int threads);

    const RecordMeta& meta() const { return *meta_; }
    const CostTable& costs() const { return *costs_; }
    std::size_t images() const { return images_; }
    /// Positions before the final exit.
    std::size_t positions() const { return meta_->final_position(); }
    const Column& column(int index) const { return columns_[static_cast<std::size_t>(index)]; }
    const Column& final_column() const { return columns_.back(); }
    /// Columns of the heads at a position, by type.
    const std::vector<int>& columns_at(std::size_t position) const { return columns_at_[position]; }

private:
    const RecordMeta* meta_;
    const CostTable* costs_;
    std::size_t images_;
    std::vector<Column> columns_;
    std::vector<std::vector<int>> columns_at_;
};

}  // namespace dyce
