// Covers presets, torchvision_entries.
#include "loaders/image/preprocess.h"
#include "loaders/image/presets.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

using namespace dyce;

TEST_CASE("the presets are valid and are what the checkpoints were trained with") {
    for (const std::string& name : preset_names()) validate(preset(name), name);
    const Preprocess imagenet = preset("imagenet");
    CHECK(imagenet.resize == 256);
    CHECK(imagenet.crop == 224);
    CHECK(imagenet.mean[0] == doctest::Approx(0.485));
    CHECK(imagenet.std[2] == doctest::Approx(0.225));
    const Preprocess cifar = preset("cifar10");
    CHECK(cifar.height == 32);
    CHECK(cifar.resize == 0);
    CHECK(cifar.mean == imagenet.mean);
    CHECK_THROWS_WITH_AS(preset("cifar"), doctest::Contains("imagenet, cifar10"), Error);
}

TEST_CASE("impossible recipes are refused by field") {
    struct Row {
        std::string message;
        std::function<void(Preprocess&)> spoil;
    };
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinity = std::numeric_limits<float>::infinity();
    const Row rows[] = {
        {"std[1] is 0", [](Preprocess& p) { p.std[1] = 0; }},
        {"std[2] is -1", [](Preprocess& p) { p.std[2] = -1; }},
        {"std[0] is nan", [&](Preprocess& p) { p.std[0] = nan; }},
        {"std[0] is inf", [&](Preprocess& p) { p.std[0] = infinity; }},
        {"mean[2] is nan", [&](Preprocess& p) { p.mean[2] = nan; }},
        {"mean[0] is inf", [&](Preprocess& p) { p.mean[0] = infinity; }},
        {"height is 0", [](Preprocess& p) { p.height = 0; }},
        {"width is -3", [](Preprocess& p) { p.width = -3; }},
        {"height is 1000000000", [](Preprocess& p) { p.height = 1'000'000'000; }},
        {"resize is 1000000000", [](Preprocess& p) { p.resize = 1'000'000'000; }},
        {"resize is -1", [](Preprocess& p) { p.resize = -1; }},
        {"crop is 16385", [](Preprocess& p) { p.crop = 16'385; }},
        {"crop is 225, expected the sides of the input", [](Preprocess& p) { p.crop = 225; }},
        {"crop is 224, expected at most resize, 200", [](Preprocess& p) { p.resize = 200; }},
        {"resize is 256, expected the shorter side", [](Preprocess& p) { p.crop = 0; }},
        {"resize is 256, expected the longer side",
         [](Preprocess& p) { p.crop = 0, p.resize_to = ResizeTo::kLonger; }},
        {"resize is 224, expected the input, 224x224",
         [](Preprocess& p) {
             p.crop = 0, p.resize = 224, p.resize_width = 223, p.resize_to = ResizeTo::kBoth;
         }},
        {"resize_width is 0", [](Preprocess& p) { p.resize_to = ResizeTo::kLetterbox; }},
        {"channels is 2, expected 3 or 1", [](Preprocess& p) { p.channels = 2; }},
        {"colour is not grey", [](Preprocess& p) { p.channels = 1; }},
    };
    for (const Row& row : rows) {
        CAPTURE(row.message);
        Preprocess recipe = preset("imagenet");
        row.spoil(recipe);
        try {
            validate(recipe, "model");
            FAIL_CHECK("was accepted");
        } catch (const Error& error) {
            CHECK(error.code() == ErrorCode::kContent);
            CHECK(error.where() == "model");
            CHECK(error.message().find(row.message) == 0);
        }
    }
}

TEST_CASE("values are normalised and laid out channel by channel") {
    Preprocess recipe{.height = 1, .width = 2, .mean = {0.5F, 0, 1}, .std = {0.5F, 1, 2}};
    const std::uint8_t pixels[] = {255, 51, 0, 0, 102, 255};
    float values[6];
    apply(recipe, Image::from_rgb(2, 1, pixels), values);
    const float expected[] = {1, -1, 0.2F, 0.4F, -0.5F, 0};
    for (int i = 0; i < 6; ++i) CHECK(values[i] == doctest::Approx(expected[i]));
}

TEST_CASE("channels may be blue first, one grey, and bytes") {
    const std::uint8_t pixels[] = {255, 51, 0, 0, 102, 255};
    float values[6];
    apply(
        {.height = 1, .width = 2, .mean = {1, 2, 3}, .std = {2, 1, 1}, .colour = Colour::kBgr, .bytes = true},
        Image::from_rgb(2, 1, pixels), values);
    const float expected[] = {-0.5F, 127, 49, 100, 252, -3};
    for (int i = 0; i < 6; ++i) CHECK(values[i] == expected[i]);
    // (19595 R + 38470 G + 7471 B + 32768) / 65536, rounded down.
    apply({.height = 1, .width = 2, .channels = 1, .colour = Colour::kGrey, .bytes = true},
          Image::from_rgb(2, 1, pixels), values);
    CHECK(values[0] == 106);
    CHECK(values[1] == 89);
}

TEST_CASE("presets of other libraries for a network's size") {
    const Preprocess tf = preset("keras:tf", 24, 48);
    CHECK(tf.resize_to == ResizeTo::kBoth);
    CHECK(tf.resize == 24);
    CHECK(tf.resize_width == 48);
    CHECK(tf.bytes);
    CHECK(preset("keras:caffe", 8, 8).colour == Colour::kBgr);
    CHECK(preset("timm", 224, 224).resize == 256);
    CHECK(preset("imagenet", 224, 224) == preset("imagenet"));
    const Preprocess b1 = preset("torchvision:EfficientNet_B1_Weights.IMAGENET1K_V2", 240, 240);
    CHECK(b1.resize == 255);
    CHECK(b1.interpolation == Interpolation::kBilinear);
    for (const char* name : {"timm", "keras:tf", "keras:caffe", "keras:torch"})
        validate(preset(name, 24, 48), name);
    CHECK_THROWS_WITH_AS(preset("keras:tg", 8, 8), doctest::Contains("the nearest is keras:tf"), Error);
    CHECK_THROWS_WITH_AS(preset("torchvision:ResNet50_Weights.IMAGENET1K_V3", 224, 224),
                         doctest::Contains("the nearest is 'ResNet50_Weights.IMAGENET1K_V"), Error);
    CHECK_THROWS_WITH_AS(preset("torchvision:ResNet50_Weights.IMAGENET1K_V2", 32, 32),
                         doctest::Contains("prepares 224x224, the network takes 32x32"), Error);
}

TEST_CASE("an image smaller than the crop is padded with black before it is normalised") {
    Preprocess recipe{.height = 4, .width = 4, .crop = 4, .mean = {1, 1, 1}};
    const std::vector<std::uint8_t> white(3, 255);
    std::vector<float> values(48, 7);
    apply(recipe, Image::from_rgb(1, 1, white.data()), values.data());
    for (int i = 0; i < 48; ++i) CHECK(values[static_cast<std::size_t>(i)] == (i % 16 == 5 ? 0 : -1));
}

TEST_CASE("without a crop the image must have the size of the input") {
    const std::vector<std::uint8_t> pixels(40 * 32 * 3);
    std::vector<float> values(32 * 32 * 3);
    CHECK_THROWS_WITH_AS(apply(preset("cifar10"), Image::from_rgb(40, 32, pixels.data()), values.data()),
                         doctest::Contains("40x32 pixels, the network takes 32x32"), Error);
}

TEST_CASE("an extremely flat image costs only the window that is kept") {
    // Resized to a shorter side of 256 it would have 4 million columns; the crop needs 224 of them.
    const std::vector<std::uint8_t> pixels(16'384 * 3, 255);
    std::vector<float> values(224 * 224 * 3);
    apply(preset("imagenet"), Image::from_rgb(16'384, 1, pixels.data()), values.data());
    CHECK(values[0] == doctest::Approx((1 - 0.485) / 0.229));
}
