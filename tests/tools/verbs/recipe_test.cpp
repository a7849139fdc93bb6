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

TEST_CASE("sizes, colours and channels as the command line tells") {
    const Preprocess both = recipe({{"resize", "48x24"}, {"mean", "0.5"}}, {3, 24, 48});
    CHECK(both.resize_to == ResizeTo::kBoth);
    CHECK(both.resize == 24);
    CHECK(both.resize_width == 48);
    CHECK(both.mean == std::array<float, 3>{0.5F, 0.5F, 0.5F});
    const Preprocess boxed = recipe({{"letterbox", "48x24:1,2,3"}}, {3, 24, 48});
    CHECK(boxed.resize_to == ResizeTo::kLetterbox);
    CHECK(boxed.fill == std::array<std::uint8_t, 3>{1, 2, 3});
    CHECK(recipe({{"longer", "48"}, {"crop", "48x24"}}, {3, 24, 48}).crop == 24);
    CHECK(recipe({{"mean", "0"}, {"std", "1"}}, {1, 28, 28}).colour == Colour::kGrey);
    CHECK(recipe({{"colour", "bgr"}, {"range", "255"}}).bytes);
    CHECK(recipe({{"interpolation", "lanczos"}}).interpolation == Interpolation::kLanczos);
    const struct {
        std::map<std::string, std::string> options;
        Shape input;
        const char* piece;
    } refused[] = {
        {{{"mean", "0,0,0"}}, {1, 28, 28}, "the network takes one channel"},
        {{{"mean", "0,0"}}, {3, 28, 28}, "one number or three"},
        {{{"crop", "28x27"}}, {3, 28, 28}, "the network takes 28x28"},
        {{{"resize", "28x27"}}, {3, 28, 28}, "expected the input, 28x28"},
        {{{"resize", "1x2x3"}}, {3, 28, 28}, "expected N or WxH"},
        {{{"resize", "28"}, {"longer", "28"}}, {3, 28, 28}, "excludes --longer"},
        {{{"letterbox", "28x28:1,2"}}, {3, 28, 28}, "WxH:r,g,b"},
        {{{"interpolation", "tf.image.resize"}}, {3, 28, 28}, "tf.image.resize computes otherwise"},
        {{{"colour", "rgb"}}, {1, 28, 28}, "expected grey for one channel"},
        {{{"range", "2"}}, {3, 28, 28}, "expected 1 or 255"},
        {{{"preset", "timm"}, {"recipe", "x.json"}}, {3, 28, 28}, "excludes --preset"},
        {{{"mean", "0"}}, {4, 28, 28}, "expected images of 3xHxW or 1xHxW"},
    };
    for (const auto& row : refused) {
        CAPTURE(row.piece);
        CHECK_THROWS_WITH_AS(recipe(row.options, row.input), doctest::Contains(row.piece), Error);
    }
}

TEST_CASE("a weights entry of torchvision's Inceptions is centred for the network without its module") {
    const std::string entry = "torchvision:Inception_V3_Weights.IMAGENET1K_V1";
    const Shape image = {3, 299, 299};
    const std::array<float, 3> half = {0.5F, 0.5F, 0.5F};
    const Preprocess exported = recipe({{"preset", entry}}, image);
    CHECK(exported.mean[0] == 0.485F);
    const Preprocess built = recipe({{"preset", entry}, {"arch", "inception_v3"}}, image);
    CHECK(built.mean == half);
    CHECK(built.std == half);
    CHECK(built.resize == 342);
    // (x - 0.485) / 0.229, and inside the module * (0.229 / 0.5) + (0.485 - 0.5) / 0.5: the same.
    const double x = 0.25, fed = (x - 0.485) / 0.229;
    CHECK(fed * (0.229 / 0.5) + (0.485 - 0.5) / 0.5 == doctest::Approx((x - 0.5) / 0.5));
    CHECK(recipe({{"preset", entry}, {"arch", "inception_v3"}, {"std", "1"}}, image).std[0] == 1);
    CHECK(recipe({{"preset", "imagenet"}, {"arch", "googlenet"}}, {3, 224, 224}).mean[0] == 0.485F);
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
