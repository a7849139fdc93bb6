// How images are prepared, as the command line tells; torchvision's and Pillow's arithmetic is tested
// elsewhere.
#include "tools/verbs/recipe.h"

#include <dyce/error.h>
#include <dyce/image.h>

#include <doctest/doctest.h>

#include <cstdint>
#include <vector>

using namespace dyce;

namespace {

Preprocess recipe(const std::map<std::string, std::string>& options, const Shape& input = {3, 32, 32}) {
    Arguments arguments;
    for (const auto& [name, value] : options) arguments.values_[name] = {value};
    return recipe_from(arguments, input);
}

std::vector<float> prepared(const Preprocess& recipe, int width, int height) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(3 * width * height));
    for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i * 37 % 251);
    std::vector<float> values(static_cast<std::size_t>(3 * recipe.width * recipe.height));
    apply(recipe, Image::from_rgb(width, height, pixels.data()), values.data());
    return values;
}

}  // namespace

TEST_CASE(
    "a model converted with --preset cifar10 takes images of any size, and its own to the bit as before") {
    const Preprocess anew = recipe({{"preset", "cifar10"}});
    CHECK(anew.resize == 32);
    CHECK(anew.crop == 32);
    Preprocess old = anew;  // as files made before hold it
    old.resize = old.crop = 0;
    CHECK(prepared(anew, 32, 32) == prepared(old, 32, 32));
    CHECK(prepared(anew, 48, 40).size() == 3 * 32 * 32);
    CHECK_THROWS_WITH_AS(
        prepared(old, 48, 40),
        doctest::Contains("48x40 pixels, the network takes 32x32 and the recipe has no crop; "), Error);
    CHECK_THROWS_WITH_AS(prepared(old, 48, 40), doctest::Contains("dyce convert SRC --resize 32 --crop 32"),
                         Error);
}

TEST_CASE("flags go before the preset, and another input's side is its own") {
    CHECK(recipe({{"preset", "cifar10"}, {"crop", "none"}}).resize == 0);
    CHECK(recipe({{"preset", "cifar10"}, {"crop", "32"}}).resize == 0);
    CHECK(recipe({{"preset", "cifar10"}, {"resize", "40"}, {"crop", "32"}}).resize == 40);
    CHECK(recipe({{"preset", "cifar10"}}, {3, 8, 8}).crop == 8);
    CHECK(recipe({{"preset", "cifar10"}}, {3, 8, 9}).crop == 0);
    CHECK(recipe({{"preset", "imagenet"}}, {3, 224, 224}).resize == 256);
    CHECK(recipe({{"resize", "none"}, {"crop", "none"}}).crop == 0);
}
