#include "search/train/augment.h"

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

// -reach .. reach
int shift(Random& random, int side) {
    const int reach = side / 8;
    return static_cast<int>(random.below(static_cast<std::uint32_t>(2 * reach + 1))) - reach;
}

// The place in 0 .. side - 1 that a place up to `side` beyond its ends mirrors.
int reflected(int place, int side) {
    if (place < 0) return -place;
    return place < side ? place : 2 * (side - 1) - place;
}

}  // namespace

void augment(const Preprocess& recipe, Random random, const float* from, float* to) {
    const int height = recipe.height, width = recipe.width;
    const int down = shift(random, height), right = shift(random, width);
    const bool mirror = random.below(2) == 1;
    for (std::size_t c = 0; c < static_cast<std::size_t>(recipe.channels); ++c) {
        const float black = (0.f - recipe.mean[c]) / recipe.std[c];
        for (int y = 0; y < height; ++y, to += width) {
            const int source_y = y - down;
            std::fill_n(to, width, black);
            if (source_y < 0 || source_y >= height) continue;
            const float* row = from + (static_cast<std::ptrdiff_t>(c) * height + source_y) * width;
            for (int x = std::max(0, right); x < std::min(width, width + right); ++x) to[x] = row[x - right];
            if (mirror) std::reverse(to, to + width);
        }
    }
}

void augment_reflected(const Preprocess& recipe, Random random, const float* from, float* to) {
    const int height = recipe.height, width = recipe.width;
    const bool stays = random.below(2) == 0, mirror = random.below(2) == 1;
    const int down = stays ? 0 : shift(random, height), right = stays ? 0 : shift(random, width);
    for (int c = 0; c < recipe.channels; ++c, from += static_cast<std::ptrdiff_t>(height) * width)
        for (int y = 0; y < height; ++y, to += width) {
            const float* row = from + static_cast<std::ptrdiff_t>(reflected(y - down, height)) * width;
            for (int x = 0; x < width; ++x) to[x] = row[reflected(x - right, width)];
            if (mirror) std::reverse(to, to + width);
        }
}

void cut_out(const Preprocess& recipe, int side, Random random, float* image) {
    const auto cut = [&](int size) {
        const int centre = static_cast<int>(random.below(static_cast<std::uint32_t>(size)));
        return std::pair(std::max(0, centre - side / 2), std::min(size, centre - side / 2 + side));
    };
    const auto [top, bottom] = cut(recipe.height);
    const auto [left, right] = cut(recipe.width);
    for (int c = 0; c < recipe.channels; ++c)
        for (int y = top; y < bottom; ++y)
            std::fill_n(image + (static_cast<std::ptrdiff_t>(c) * recipe.height + y) * recipe.width + left,
                        right - left, 0.f);
}

// Jöhnk, 1964: powers of uniform numbers whose sum is at most 1.
double mixing_share(double alpha, Random random) {
    while (true) {
        const double x = std::pow(1 - random.uniform(), 1 / alpha);
        const double y = std::pow(1 - random.uniform(), 1 / alpha);
        if (x + y <= 1 && x + y > 0) return x / (x + y);
    }
}

}  // namespace dyce
