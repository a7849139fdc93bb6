#include "runtime/flow/row_set.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace dyce {

RowSet::RowSet(int capacity) {
    rows_.reserve(index(capacity));
    kept_.reserve(index(capacity));
    swaps_.reserve(index(capacity));
}

std::size_t RowSet::count() const {
    return rows_.size() - static_cast<std::size_t>(std::ranges::count(rows_, kVacant));
}

void RowSet::fill(int rows) {
    rows_.resize(index(rows));
    std::iota(rows_.begin(), rows_.end(), 0);
}

int RowSet::take(std::size_t place) { return std::exchange(rows_[place], kVacant); }

void RowSet::gather(const RowSet& from, std::size_t first, std::size_t count) {
    const auto rows = std::span(from.rows_).subspan(first);
    const auto some = rows.first(std::min(count, rows.size()));
    rows_.assign(some.begin(), some.end());
}

void RowSet::scatter(RowSet& to) {
    for (const int row : rows_)
        if (row != kVacant) to.rows_.push_back(row);
    rows_.clear();
}

std::span<const int> RowSet::compaction() {
    const std::size_t left = count();
    kept_.clear();
    std::size_t last = rows_.size();
    for (std::size_t place = 0; place < left; ++place) {
        std::size_t from = place;
        if (is_vacant(place)) {
            do --last;
            while (is_vacant(last));
            from = last;
        }
        kept_.push_back(static_cast<int>(from));
    }
    return kept_;
}

void RowSet::compact() {
    const auto kept = compaction();
    for (std::size_t place = 0; place < kept.size(); ++place) rows_[place] = rows_[index(kept[place])];
    rows_.resize(kept.size());
}

}  // namespace dyce
