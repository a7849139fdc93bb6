#include "models/windows.h"

namespace dyce::models {
namespace {

using Numbers = std::vector<std::int64_t>;

/// Which piece of a rolled axis a position is in: pieces are no neighbours, but in the last window all meet.
std::int64_t piece(std::int64_t at, std::int64_t size, std::int64_t side, std::int64_t shift) {
    if (shift == 0 || at < size - side) return 0;
    return at < size - shift ? 1 : 2;
}

std::size_t as_index(std::int64_t at) { return static_cast<std::size_t>(at); }

}  // namespace

Windows::Windows(std::int64_t height, std::int64_t width, std::int64_t side, std::int64_t shift)
    : height_(height),
      width_(width),
      side_(side),
      row_shift_(height > side ? shift : 0),
      column_shift_(width > side ? shift : 0) {}

// Calls it with the row and the column in the rolled map, window by window.
template <class Function>
void Windows::for_each_place(Function function) const {
    for (std::int64_t top = 0; top < height_; top += side_)
        for (std::int64_t left = 0; left < width_; left += side_)
            for (std::int64_t y = top; y < top + side_; ++y)
                for (std::int64_t x = left; x < left + side_; ++x) function(y, x);
}

Numbers Windows::order() const {
    Numbers places;
    for_each_place([&](std::int64_t y, std::int64_t x) {
        places.push_back((y + row_shift_) % height_ * width_ + (x + column_shift_) % width_);
    });
    return places;
}

Numbers Windows::inverse(std::int64_t height, std::int64_t width) const {
    const Numbers places = order();
    Numbers positions(places.size());
    for (std::size_t i = 0; i < places.size(); ++i)
        positions[as_index(places[i])] = static_cast<std::int64_t>(i);
    Numbers wanted;
    for (std::int64_t y = 0; y < height; ++y)
        for (std::int64_t x = 0; x < width; ++x) wanted.push_back(positions[as_index(y * width_ + x)]);
    return wanted;
}

Numbers Windows::mask() const {
    Numbers pieces;
    for_each_place([&](std::int64_t y, std::int64_t x) {
        pieces.push_back(3 * piece(y, height_, side_, row_shift_) + piece(x, width_, side_, column_shift_));
    });
    Numbers mask;
    for (std::int64_t first = 0; first < height_ * width_; first += places())
        for (std::int64_t a = 0; a < places(); ++a)
            for (std::int64_t b = 0; b < places(); ++b)
                mask.push_back(pieces[as_index(first + a)] == pieces[as_index(first + b)] ? 0 : -100);
    return mask;
}

Numbers Windows::distances() const {
    Numbers rows;
    const std::int64_t reach = side_ - 1, distances = 2 * side_ - 1;
    for (std::int64_t a = 0; a < places(); ++a)
        for (std::int64_t b = 0; b < places(); ++b)
            rows.push_back((a / side_ - b / side_ + reach) * distances + a % side_ - b % side_ + reach);
    return rows;
}

}  // namespace dyce::models
