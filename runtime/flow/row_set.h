// Which row lies at each place of a batch, while rows exit and others take their places. Allocates nothing
// after construction. A plain container; one thread at a time.
#pragma once

#include "runtime/core/index.h"

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace dyce {

/// Two places whose rows change places.
using RowSwap = std::pair<int, int>;

/// A row is its number in the run, from 0; a place that has lost its row is vacant.
class RowSet {
public:
    static constexpr int kVacant = -1;

    /// For `capacity` rows at most.
    explicit RowSet(int capacity);

    std::size_t places() const { return rows_.size(); }
    int operator[](std::size_t place) const { return rows_[place]; }
    /// By place.
    std::span<const int> rows() const { return rows_; }
    bool is_vacant(std::size_t place) const { return rows_[place] == kVacant; }
    /// Places that have a row.
    std::size_t count() const;
    bool is_empty() const { return count() == 0; }

    /// Rows 0 .. rows - 1, each at the place of its number.
    void fill(int rows);
    /// These rows, each at the next place.
    void assign(std::span<const int> rows) { rows_.assign(rows.begin(), rows.end()); }
    void clear() { rows_.clear(); }
    /// The place becomes vacant; gives the row that lay there.
    int take(std::size_t place);

    /// Instead of what was here, the rows of `count` places of `from` from `first` on, or of as many as there
    /// are; `from` keeps them.
    void gather(const RowSet& from, std::size_t first, std::size_t count);
    /// Appends the rows that are here to `to`, in the order of their places, and leaves nothing here. `to` is
    /// to have room for them beside its own places, vacant ones included.
    void scatter(RowSet& to);
    /// Moves rows that `is_chosen(row)` to `chosen`, instead of what was there. Those and the others keep their
    /// order; vacant places are closed.
    template <class Predicate>
    void partition(const Predicate& is_chosen, RowSet& chosen);

    /// Rows for whose place `is_chosen(place)` change places with others before them, until they lie at the first
    /// places: as few as possible move. Gives who did, in order; valid until the next call.
    template <class Predicate>
    std::span<const RowSwap> bring_forward(const Predicate& is_chosen);

    /// For each place of a batch without vacant ones, the place here whose row it takes: its own, or one from
    /// count() on. So as few rows as possible move: the last ones, to where others have exited. Valid until
    /// the next call.
    std::span<const int> compaction();
    /// Moves them so.
    void compact();

private:
    std::vector<int> rows_;       ///< by place
    std::vector<int> kept_;       ///< what compaction() gives
    std::vector<RowSwap> swaps_;  ///< what bring_forward() gives
};

template <class Predicate>
std::span<const RowSwap> RowSet::bring_forward(const Predicate& is_chosen) {
    swaps_.clear();
    std::size_t end = rows_.size();
    for (std::size_t place = 0; place < end; ++place) {
        if (is_chosen(place)) continue;
        do --end;
        while (end > place && !is_chosen(end));
        if (end == place) break;
        swaps_.push_back({static_cast<int>(place), static_cast<int>(end)});
    }
    for (const auto& [one, other] : swaps_) std::swap(rows_[index(one)], rows_[index(other)]);
    return swaps_;
}

template <class Predicate>
void RowSet::partition(const Predicate& is_chosen, RowSet& chosen) {
    chosen.clear();
    std::size_t others = 0;
    for (const int row : rows_) {
        if (row == kVacant) continue;
        if (is_chosen(row))
            chosen.rows_.push_back(row);
        else
            rows_[others++] = row;
    }
    rows_.resize(others);
}

}  // namespace dyce
