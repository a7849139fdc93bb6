// The best choice at one position while all others stay as they are: an exact line search (docs/method.md,
// "Search methods"). For one head the objective is a step function of the threshold, with a step for each
// image that arrives. The steps of a bin of neighbouring scores are summed up by counts first; only bins that could
// hold the lowest point are then walked through image by image. One thread: it holds that thread's
// working memory.
#pragma once

#include "search/methods/exit_assignment.h"
#include "search/methods/exit_histogram.h"
#include "search/methods/objective.h"

#include <array>
#include <cstdint>
#include <limits>
#include <vector>

namespace dyce {

/// A choice at one position and the objective it gives the whole configuration.
struct ExitStep {
    double value = 0;
    Choice choice;
};

class LineSearch {
public:
    /// For steps from where `assignment` stands, which must outlive the search.
    explicit LineSearch(const ExitAssignment& assignment)
        : assignment_(assignment), histogram_(assignment), bottoms_(assignment.space().meta().heads.size()) {}

    /// The best of: off, and every head of `position` with every threshold that lets go one of the images
    /// that arrive there. Of equal values the one with the fewest exiting wins, then the lowest type. Values
    /// that are not below `bound` are all the same to the caller: any of them may be returned.
    ExitStep best_step(std::size_t position, const Objective& objective,
                       double bound = std::numeric_limits<double>::infinity());

    /// No step at the position has a smaller value. Much cheaper than the step.
    double least_value(std::size_t position, const Objective& objective);

    /// What comes next does not depend, not even in its rounding, on what came before.
    void forget() { bottoms_.assign(bottoms_.size(), {}); }

private:
    static constexpr std::size_t kBins = SearchSpace::kBins;

    // The lowest point of a step function.
    struct Cut {
        double change;        // of the objective, against nobody leaving
        std::size_t entries;  // of the column's order that leave; 0 = nobody
    };

    // A head under an objective: changes when the surest leave first.
    struct Slope {
        double met;    // the objective if all who arrive meet the head and none leaves by it
        double least;  // no cut changes it to less
        // By bin: the change when all before it have left, and when it has, too.
        std::array<double, kBins> starts, ends;
    };

    // What is known of a head's bins, kept from step to step. From one to the next most images stay where
    // they were, so a bin's lowest point has sunk by no more than those that moved can do, and what the
    // others' changes have changed.
    struct Bottoms {
        std::array<double, kBins> depths{};  // of a bin's lowest cut, from its start: no cut is lower
        std::array<bool, kBins> exact{};     // whether a cut is as low
        std::vector<double> changes;         // by which they were found; empty = nothing is known
        std::array<std::uint64_t, kBins + 1> moved{};  // until then, as the histogram counts
    };

    void look_at(std::size_t position, const Objective& objective);
    double value_staying(const Choices& choices, const Objective& objective) const;
    void set_changes(const Objective& objective);
    void set_slope(int column, const Objective& objective);
    std::size_t cell(std::size_t image) const {
        return ExitHistogram::cell(position_, assignment_.codes()[image]);
    }
    void sink(const SearchSpace::Column& column, const ExitHistogram::Table& table, Bottoms& bottoms) const;
    double lowest_of(const SearchSpace::Column& column, std::size_t bin, std::size_t idle,
                     Bottoms& bottoms) const;
    Cut lowest_cut(const SearchSpace::Column& column, Bottoms& bottoms, bool cost_is_good,
                   double bound) const;
    std::size_t idle_entries(const SearchSpace::Column& column) const;
    double lowest_in(const SearchSpace::Column& column, std::size_t bin, std::size_t idle) const;
    Cut first_down(const SearchSpace::Column& column, std::size_t bin, std::size_t idle, double enough) const;
    double threshold(const SearchSpace::Column& column, std::size_t entries) const;
    std::int64_t exiting(const Choice& choice) const;

    const ExitAssignment& assignment_;
    ExitHistogram histogram_;

    // Of the position looked at.
    std::size_t position_ = 0;
    Choices choices_;                     // the position off
    double staying_ = 0;                  // the objective then
    std::int64_t arriving_ = 0;           // images
    std::vector<std::int64_t> arrivals_;  // the same by cell of the histogram
    std::vector<double> changes_;  // of the objective when one leaves: by cell, and whether the head is right
    Slope slope_;                  // of its head looked at

    std::vector<Bottoms> bottoms_;  // by column
};

}  // namespace dyce
