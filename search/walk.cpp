#include "search/walk.h"

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

constexpr std::size_t kBlock = 2048;  // pictures whose codes stay in the first-level cache

// The smallest score that is above `threshold`.
float lowest_above(double threshold) {
    const auto nearest = static_cast<float>(threshold);
    return nearest > threshold ? nearest : std::nextafter(nearest, INFINITY);
}

}  // namespace

Walk::Walk(const SearchSpace& space)
    : space_(&space), choices_(space.positions()), leaves_(space.pictures()), next_(space.pictures()) {
    update();
}

void Walk::set(std::size_t position, const Choice& choice) {
    choices_[position] = choice;
    update();
}

void Walk::set(const Choices& choices) {
    choices_ = choices;
    update();
}

// From the last stop to the first: a picture that leaves here would otherwise have left where it did so far.
void Walk::pass_stop(std::size_t stop, std::size_t begin, std::size_t end) {
    const Choice& choice = choices_[stops_[stop]];
    const SearchSpace::Column& column = space_->column(choice.column);
    const float lowest = lowest_above(choice.threshold);
    const float* scores = column.scores;
    const std::uint8_t* tags = column.tags.data();
    std::uint16_t* leaves = leaves_.data();
    std::uint16_t* next = next_.data();
    const auto code = static_cast<std::uint16_t>(stop * 2);
    // Without branches: who leaves is hard to predict.
    for (std::size_t i = begin; i < end; ++i) {
        const int here = -static_cast<int>(scores[i] >= lowest);
        const int so_far = leaves[i];
        next[i] = static_cast<std::uint16_t>((so_far & here) | (next[i] & ~here));
        leaves[i] = static_cast<std::uint16_t>(((code | (tags[i] & 1)) & here) | (so_far & ~here));
    }
}

void Walk::update() {
    ++version_;
    stops_.clear();
    for (std::size_t p = 0; p < choices_.size(); ++p)
        if (choices_[p].on()) stops_.push_back(p);
    const std::size_t final_stop = stops_.size();
    stops_.push_back(choices_.size());
    const std::size_t codes = stops_.size() * 2;
    leaving_.assign(codes, 0);
    leaving_to_.assign(stops_.size() * codes, 0);

    const std::uint8_t* final_tags = space_->final_column().tags.data();
    for (std::size_t begin = 0; begin < leaves_.size(); begin += kBlock) {
        const std::size_t end = std::min(leaves_.size(), begin + kBlock);
        for (std::size_t i = begin; i < end; ++i)
            leaves_[i] = next_[i] = static_cast<std::uint16_t>(final_stop * 2 | (final_tags[i] & 1));
        for (std::size_t stop = final_stop; stop-- > 0;) pass_stop(stop, begin, end);
        for (std::size_t i = begin; i < end; ++i) {
            ++leaving_[leaves_[i]];
            ++leaving_to_[(leaves_[i] >> 1) * codes + next_[i]];
        }
    }
}

Solution Walk::solution() const {
    Solution solution{choices_};
    const auto costs = leaving_costs(space_->meta(), space_->costs(), choices_);
    for (std::size_t code = 0; code < leaving_.size(); ++code) {
        const auto pictures = static_cast<double>(leaving_[code]);
        solution.cost += costs[stops_[code >> 1]] * pictures;
        solution.correct += (code & 1) != 0 ? pictures : 0;
    }
    return solution;
}

}  // namespace dyce
