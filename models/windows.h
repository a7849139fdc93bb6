// The windows that Swin's attention stays inside of: which place of a map is in which of them. Pure functions.
#pragma once

#include <cstdint>
#include <vector>

namespace dyce::models {

/// A map of whole windows of side x side places. Before it is cut its rows and columns are rolled: window 0
/// begins at row and column `shift`, and the last windows of an axis hold its first places, too. An axis that is
/// one window long is not rolled.
class Windows {
public:
    Windows(std::int64_t height, std::int64_t width, std::int64_t side, std::int64_t shift);

    std::int64_t count() const { return height_ / side_ * (width_ / side_); }
    std::int64_t places() const { return side_ * side_; }
    bool is_rolled() const { return row_shift_ + column_shift_ > 0; }

    /// By window and place in it: the place in the map, row * width + column.
    std::vector<std::int64_t> order() const;
    /// By row and column of the map's first `height` x `width`: where order() has them.
    std::vector<std::int64_t> inverse(std::int64_t height, std::int64_t width) const;
    /// By window, place a and place b in it: 0 where they were neighbours before the map was rolled, else -100.
    std::vector<std::int64_t> mask() const;
    /// By place a and place b in a window: the row of the table that has one for every distance.
    std::vector<std::int64_t> distances() const;

private:
    template <class Function>
    void for_each_place(Function function) const;

    std::int64_t height_, width_, side_, row_shift_, column_shift_;
};

}  // namespace dyce::models
