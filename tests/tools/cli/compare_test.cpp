#include "tools/cli/compare.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

using namespace dyce;

TEST_CASE("tensors are compared with a tolerance; NaN equals NaN, infinities are exact") {
    const float nan = std::nanf(""), inf = std::numeric_limits<float>::infinity();
    const Tolerance tolerance{.relative = 0.1, .absolute = 0.01};
    const auto fits = [&](float ours, float expected) {
        return compare(Tensor::of({1}, {ours}), Tensor::of({1}, {expected}), tolerance).fits;
    };
    CHECK(fits(10.9F, 10));
    CHECK_FALSE(fits(11.2F, 10));
    CHECK(fits(0.009F, 0));
    CHECK_FALSE(fits(0.02F, 0));
    CHECK(fits(nan, nan));
    CHECK_FALSE(fits(nan, 1));
    CHECK_FALSE(fits(1, nan));
    CHECK(fits(inf, inf));
    CHECK_FALSE(fits(-inf, inf));
    CHECK_FALSE(fits(1e30F, inf));
}

TEST_CASE("types, shapes and integers must be equal") {
    const Tolerance loose{.relative = 10, .absolute = 10};
    CHECK_FALSE(compare(Tensor::of({2}, {1, 2}), Tensor::of({1, 2}, {1, 2}), loose).fits);
    CHECK_FALSE(compare(Tensor::of({2}, {1, 2}), Tensor::of_ints({1, 2}), loose).fits);
    CHECK(compare(Tensor::of_ints({1, 2}), Tensor::of_ints({1, 2}), loose).fits);
    CHECK_FALSE(compare(Tensor::of_ints({1, 2}), Tensor::of_ints({1, 3}), loose).fits);
}
