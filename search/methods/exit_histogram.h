// For the heads of a search space: how many images arrive at each, by how sure the head is, whether it is
// right, and where they leave if not there. From these numbers a step of any objective is found without
// looking at the images. Kept up to date with a assignment by following its moves. One thread.
#pragma once

#include "search/methods/exit_assignment.h"

#include <array>
#include <cstdint>
#include <vector>

namespace dyce {

class ExitHistogram {
public:
    /// Counts of a cell, by tag of the column.
    static constexpr std::size_t kTags = SearchSpace::kTags;

    /// The assignment must outlive it.
    explicit ExitHistogram(const ExitAssignment& assignment);

    /// What is counted of a column.
    struct Table {
        /// Cell after cell. Cell 0 is for images that do not arrive, and means nothing.
        std::vector<std::uint32_t> counts;
        /// By bin: at least how many times an image of it has changed its cell, ever.
        std::array<std::uint64_t, SearchSpace::kBins + 1> moved{};
        int column = kOff;
        std::uint64_t version = 0;  ///< of the assignment
    };

    /// The column under the assignment's choices; valid until the next call.
    const Table& of(int column);

    /// The cell, at a position, of an image with these codes.
    static std::size_t cell(std::size_t position, ExitAssignment::Codes codes) {
        // Without branches: who arrives and who passes is hard to predict.
        const auto first = static_cast<int>(2 * position);
        const int arrives = -static_cast<int>(codes.exits >= first);
        const int passes = -static_cast<int>(codes.exits >= first + 2);
        const int code = (codes.exits & passes) | (codes.next & ~passes);
        return static_cast<std::size_t>((code - first - 1) & arrives);
    }

private:
    void follow(const SearchSpace::Column& column, Table& table) const;
    void count(const SearchSpace::Column& column, Table& table) const;

    const ExitAssignment& assignment_;
    std::vector<Table> tables_;
};

}  // namespace dyce
