#include "search/train/augment.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

using namespace dyce;

namespace {

constexpr int kHeight = 16, kWidth = 24;

// Whether `to` is `from` moved down and right, then mirrored or not, with `black` where nothing came from.
bool is_moved(const std::vector<float>& from, const std::vector<float>& to, int down, int right, bool mirror,
              const float* black) {
    for (int c = 0; c < 3; ++c)
        for (int y = 0; y < kHeight; ++y)
            for (int x = 0; x < kWidth; ++x) {
                const int from_y = y - down, from_x = (mirror ? kWidth - 1 - x : x) - right;
                const bool inside = from_y >= 0 && from_y < kHeight && from_x >= 0 && from_x < kWidth;
                const auto at = [](int channel, int row, int column) {
                    return static_cast<std::size_t>((channel * kHeight + row) * kWidth + column);
                };
                if (to[at(c, y, x)] != (inside ? from[at(c, from_y, from_x)] : black[c])) return false;
            }
    return true;
}

}  // namespace

TEST_CASE("augment shifts by up to an eighth and mirrors, every way, and follows its seed") {
    Preprocess recipe;
    recipe.height = kHeight;
    recipe.width = kWidth;
    recipe.mean = {0.5f, 0.25f, 0.f};
    recipe.std = {0.5f, 0.5f, 1.f};
    const float black[] = {-1.f, -0.5f, 0.f};
    std::vector<float> from(3 * kHeight * kWidth), to(from.size()), again(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<float>(i + 1);

    std::set<std::tuple<int, int, bool>> seen;
    for (std::uint64_t image = 0; image < 1000; ++image) {
        augment(recipe, Random(7, 1, image), from.data(), to.data());
        augment(recipe, Random(7, 1, image), from.data(), again.data());
        REQUIRE(to == again);
        int matches = 0;
        for (int down = -2; down <= 2; ++down)
            for (int right = -3; right <= 3; ++right)
                for (const bool mirror : {false, true})
                    if (is_moved(from, to, down, right, mirror, black)) {
                        ++matches;
                        seen.insert({down, right, mirror});
                    }
        REQUIRE(matches == 1);
    }
    CHECK(seen.size() == 5 * 7 * 2);
}

TEST_CASE("augment_reflected moves half of the images, and their mirror images flow in") {
    Preprocess recipe;
    recipe.height = kHeight;
    recipe.width = kWidth;
    std::vector<float> from(3 * kHeight * kWidth), to(from.size());
    for (std::size_t i = 0; i < from.size(); ++i) from[i] = static_cast<float>(i);
    // Rows .., 2, 1, 0, 1, 2, .., 15, 14, 13, ..: as numpy.pad(mode="reflect") has it.
    const auto is_shifted = [&](int down, int right, bool mirror) {
        const auto mirrored = [](int place, int side) {
            while (place < 0 || place >= side) place = place < 0 ? -place : 2 * side - 2 - place;
            return place;
        };
        for (int c = 0; c < 3; ++c)
            for (int y = 0; y < kHeight; ++y)
                for (int x = 0; x < kWidth; ++x) {
                    const int row = mirrored(y - down, kHeight);
                    const int column = mirrored((mirror ? kWidth - 1 - x : x) - right, kWidth);
                    if (to[static_cast<std::size_t>((c * kHeight + y) * kWidth + x)] !=
                        from[static_cast<std::size_t>((c * kHeight + row) * kWidth + column)])
                        return false;
                }
        return true;
    };
    int unmoved = 0, mirrored = 0;
    std::set<std::pair<int, int>> seen;
    for (std::uint64_t image = 0; image < 1000; ++image) {
        augment_reflected(recipe, Random(7, 1, image), from.data(), to.data());
        int matches = 0;
        for (int down = -2; down <= 2; ++down)
            for (int right = -3; right <= 3; ++right)
                for (const bool mirror : {false, true})
                    if (is_shifted(down, right, mirror)) {
                        ++matches;
                        unmoved += down == 0 && right == 0;
                        mirrored += mirror;
                        seen.insert({down, right});
                    }
        REQUIRE(matches == 1);
    }
    CHECK(seen.size() == 5 * 7);
    CHECK(unmoved > 450);  // half of them, and one in 35 of the others: 514 of 1000, give or take 16
    CHECK(unmoved < 580);
    CHECK(mirrored > 430);
    CHECK(mirrored < 570);
}

TEST_CASE("cut_out covers one square, cut off at the borders, of all channels") {
    Preprocess recipe;
    recipe.height = kHeight;
    recipe.width = kWidth;
    std::set<int> areas;
    for (std::uint64_t i = 0; i < 300; ++i) {
        std::vector<float> image(3 * kHeight * kWidth, 1.f);
        cut_out(recipe, 6, Random(1, 2, i), image.data());
        int top = kHeight, bottom = -1, left = kWidth, right = -1, covered = 0;
        for (int y = 0; y < kHeight; ++y)
            for (int x = 0; x < kWidth; ++x) {
                const auto at = [&](int c) {
                    return image[static_cast<std::size_t>((c * kHeight + y) * kWidth + x)];
                };
                CHECK(at(0) == at(1));
                CHECK(at(0) == at(2));
                if (at(0) != 0) continue;
                ++covered;
                top = std::min(top, y), bottom = std::max(bottom, y);
                left = std::min(left, x), right = std::max(right, x);
            }
        const int height = bottom - top + 1, width = right - left + 1;
        CHECK(covered == height * width);
        CHECK((height == 6 || top == 0 || bottom == kHeight - 1));
        CHECK((width == 6 || left == 0 || right == kWidth - 1));
        areas.insert(covered);
    }
    CHECK(*areas.rbegin() == 36);
    CHECK(*areas.begin() < 20);
}

TEST_CASE("shares for mixing have the mean and variance of Beta(alpha, alpha)") {
    for (const double alpha : {0.2, 0.4, 1.0}) {
        CAPTURE(alpha);
        double sum = 0, squares = 0;
        constexpr int kCount = 20'000;
        for (std::uint64_t i = 0; i < kCount; ++i) {
            const double share = mixing_share(alpha, Random(3, 4, i));
            CHECK((share >= 0 && share <= 1));
            sum += share;
            squares += (share - 0.5) * (share - 0.5);
        }
        CHECK(std::abs(sum / kCount - 0.5) < 0.01);
        CHECK(std::abs(squares / kCount - 1 / (4 * (2 * alpha + 1))) < 0.004);
    }
}
