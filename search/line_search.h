// The best choice at one position while all others stay as they are: the exact line search of METHOD.md
// section 6. For one head the objective is a step function of the threshold, with a step for each picture
// that arrives. The steps are summed up in bins of neighbouring scores first; only bins that could hold the
// lowest point are then walked through picture by picture. One thread: it holds that thread's working memory.
#pragma once

#include "search/objective.h"
#include "search/walk.h"

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

namespace dyce {

/// A choice at one position and the objective it gives the whole configuration.
struct Step {
    double value = 0;
    Choice choice;
};

class LineSearch {
public:
    /// For steps from where `walk` stands, which must outlive the search.
    explicit LineSearch(const Walk& walk) : walk_(walk) {}

    /// The best of: off, and every head of `position` with every threshold that lets go one of the pictures
    /// that arrive there. Of equal values the one with the fewest leavers wins, then the lowest type. Values
    /// that are not below `bound` are all the same to the caller: any of them may be returned.
    Step best_step(std::size_t position, const Objective& objective,
                   double bound = std::numeric_limits<double>::infinity());

private:
    static constexpr std::size_t kBins = SearchSpace::kBins;

    // The lowest point of a step function.
    struct Cut {
        double change;        // of the objective, against nobody leaving
        std::size_t entries;  // of the column's order that leave; 0 = nobody
    };

    // Sums of changes by bin: those that worsen, those that better the objective. The last bin is for
    // pictures without a score.
    using Bins = std::array<std::array<double, 2>, kBins + 1>;

    void look_ahead(std::size_t position);
    void fill_cells();
    double value_staying(const Choices& choices, const Objective& objective) const;
    void set_changes(std::size_t position, const Objective& objective);
    template <std::size_t kCount>
    void fill_bins(const int* columns, Bins* bins) const;
    void fill_bins(const std::vector<int>& columns);
    Cut lowest_cut(const SearchSpace::Column& column, const Bins& bins, bool cost_is_good,
                   double bound) const;
    std::size_t idle_entries(const SearchSpace::Column& column) const;
    Cut walk_bin(const SearchSpace::Column& column, std::size_t bin, std::size_t idle, double start,
                 double enough) const;
    double threshold(const SearchSpace::Column& column, std::size_t entries) const;
    std::int64_t leavers(const Choice& choice) const;

    const Walk& walk_;

    // What pictures do when the position is off, as of seen_version_ of the walk. Pictures that arrive have
    // the cells 1, 2, .. of the codes from first_code_ on; cell 0 is for the others, who left with a code
    // before first_arriving_.
    std::uint64_t seen_version_ = 0;
    std::size_t first_arriving_ = 0;
    std::size_t first_code_ = 0;
    std::vector<std::int64_t> counts_;     // of pictures, by code
    std::vector<std::uint32_t> arrivals_;  // pictures
    std::vector<std::uint16_t> cells_;     // by picture, times 2

    // What it changes in the objective that a picture leaves, by cell and whether the head is right.
    std::vector<double> changes_;
    std::vector<Bins> bins_;  // by head of the position
};

}  // namespace dyce
