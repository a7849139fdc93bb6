#include "search/train/augment.h"

#include <doctest/doctest.h>

#include <set>
#include <tuple>
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
    for (std::uint64_t picture = 0; picture < 1000; ++picture) {
        augment(recipe, Random(7, 1, picture), from.data(), to.data());
        augment(recipe, Random(7, 1, picture), from.data(), again.data());
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
