// Resizing and whole recipes against Pillow, which is what the networks were trained behind.
#include "loaders/image/resize.h"
#include "loaders/image/preprocess.h"
#include "loaders/image/presets.h"
#include "tests/support/support.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

using namespace dyce;
using namespace dyce::test;

namespace {

// Reads what make_resizes.py wrote.
class Records {
public:
    Records(const std::string& kind, const std::string& path) {
        const std::string script = DYCE_SOURCE_DIR "/tests/loaders/image/make_resizes.py";
        REQUIRE(std::system(("/usr/bin/python3 " + script + " " + kind + " " + path).c_str()) == 0);
        data_ = read_file(path);
    }
    bool done() const { return at_ == data_.size(); }
    template <class T>
    std::vector<T> take(int count) {
        std::vector<T> values(static_cast<std::size_t>(count));
        REQUIRE(at_ + values.size() * sizeof(T) <= data_.size());
        std::memcpy(values.data(), data_.data() + at_, values.size() * sizeof(T));
        at_ += values.size() * sizeof(T);
        return values;
    }

private:
    std::string data_;
    std::size_t at_ = 0;
};

Interpolation interpolation(int number) { return static_cast<Interpolation>(number); }

}  // namespace

TEST_CASE("resizing equals Pillow bit for bit") {
    if (!have_python("PIL")) return;
    TempFolder folder;
    Records records("resize", folder / "resizes");
    int pairs = 0;
    for (; !records.done(); ++pairs) {
        const auto header = records.take<std::int32_t>(5);
        CAPTURE(header);
        const auto source = records.take<std::uint8_t>(header[0] * header[1] * 3);
        const auto expected = records.take<std::uint8_t>(header[2] * header[3] * 3);
        const Image image = Image::from_rgb(header[0], header[1], source.data());
        CHECK(resize(image, {header[2], header[3]}, interpolation(header[4]), {0, 0, header[2], header[3]}) ==
              expected);
    }
    CHECK(pairs == 960);
}

TEST_CASE("a window of a resized image is cut from the whole") {
    std::vector<std::uint8_t> source(40 * 30 * 3);
    for (std::size_t i = 0; i < source.size(); ++i) source[i] = static_cast<std::uint8_t>(i * i % 251);
    const Image image = Image::from_rgb(40, 30, source.data());
    const auto whole = resize(image, {25, 50}, Interpolation::kBicubic, {0, 0, 25, 50});
    const auto part = resize(image, {25, 50}, Interpolation::kBicubic, {7, 11, 5, 3});
    for (std::size_t y = 0; y < 3; ++y)
        CHECK(std::memcmp(&part[y * 15], &whole[((y + 11) * 25 + 7) * 3], 15) == 0);
}

TEST_CASE("recipes equal Pillow's resize with torchvision's sizes, crops and normalisation") {
    if (!have_python("PIL")) return;
    TempFolder folder;
    Records records("recipe", folder / "recipes");
    Preprocess recipe = preset("imagenet");
    int cases = 0;
    for (; !records.done(); ++cases) {
        const auto header = records.take<std::int32_t>(5);
        CAPTURE(header);
        const auto source = records.take<std::uint8_t>(header[0] * header[1] * 3);
        const auto expected = records.take<float>(header[3] * header[3] * 3);
        recipe.resize = header[2];
        recipe.crop = recipe.height = recipe.width = header[3];
        recipe.interpolation = interpolation(header[4]);
        validate(recipe, "test");
        std::vector<float> values(expected.size());
        apply(recipe, Image::from_rgb(header[0], header[1], source.data()), values.data());
        CHECK(values == expected);
    }
    CHECK(cases == 960);
}

TEST_CASE("both sides, letterbox, longer side and grey are Pillow's") {
    if (!have_python("PIL")) return;
    TempFolder folder;
    Records records("ways", folder / "ways");
    int cases = 0;
    for (; !records.done(); ++cases) {
        const auto header = records.take<std::int32_t>(5);
        CAPTURE(header);
        const auto source = records.take<std::uint8_t>(header[0] * header[1] * 3);
        Preprocess recipe{.height = header[3], .width = header[2]};
        recipe.bytes = true;
        recipe.resize = header[3];
        recipe.resize_width = header[2];
        recipe.resize_to = header[4] == 1 ? ResizeTo::kLetterbox : ResizeTo::kBoth;
        recipe.fill = {12, 200, 77};
        if (header[4] == 2) {
            recipe.resize_to = ResizeTo::kLonger;
            recipe.resize = std::max(header[2], header[3]);
            recipe.resize_width = 0;
        }
        if (header[4] == 3) recipe.channels = 1, recipe.colour = Colour::kGrey;
        validate(recipe, "test");
        const auto expected = records.take<std::uint8_t>(header[2] * header[3] * recipe.channels);
        std::vector<float> values(expected.size());
        apply(recipe, Image::from_rgb(header[0], header[1], source.data()), values.data());
        const std::size_t plane = values.size() / static_cast<std::size_t>(recipe.channels);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < expected.size(); ++i) {
            const std::size_t channel = i % static_cast<std::size_t>(recipe.channels);
            const std::size_t pixel = i / static_cast<std::size_t>(recipe.channels);
            wrong += values[channel * plane + pixel] == static_cast<float>(expected[i]) ? 0U : 1U;
        }
        CHECK(wrong == 0);
    }
    CHECK(cases == 1280);
}
