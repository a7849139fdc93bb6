// What other libraries' files of recipes mean: the sizes that timm 0.9 and transformers 4 resize and crop to.
#include "loaders/import/recipe_file.h"
#include "tests/support/support.h"

#include <dyce/error.h>

#include <doctest/doctest.h>

#include <functional>

using namespace dyce;
using namespace dyce::test;

namespace {

Preprocess read(const std::string& json, int side = 224, int channels = 3) {
    const TempFolder folder;
    write_file(folder / "recipe.json", json);
    return read_recipe(folder / "recipe.json", {.height = side, .width = side, .channels = channels});
}

constexpr std::array<float, 3> kHalf{0.5F, 0.5F, 0.5F};

}  // namespace

TEST_CASE("timm's config.json: the crop is crop_pct of the shorter side, rounded down") {
    const Preprocess vit = read(R"({"architecture": "vit_base", "num_classes": 1000, "pretrained_cfg": {
        "input_size": [3, 224, 224], "interpolation": "bicubic", "crop_pct": 0.9, "crop_mode": "center",
        "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}})");
    CHECK(vit.resize == 248);
    CHECK(vit.crop == 224);
    CHECK(vit.interpolation == Interpolation::kBicubic);
    CHECK(vit.mean == kHalf);
    const Preprocess plain =
        read(R"({"input_size": [3, 224, 224], "crop_pct": 0.875, "interpolation": "bilinear"})");
    CHECK(plain.resize == 256);
    CHECK(plain.mean[0] == doctest::Approx(0.485));
    const Preprocess squash = read(
        R"({"default_cfg": {"input_size": [3, 384, 384], "crop_pct": 1.0, "crop_mode": "squash"}})", 384);
    CHECK(squash.resize_to == ResizeTo::kBoth);
    CHECK(squash.resize_width == 384);
}

TEST_CASE("Hugging Face's preprocessor_config.json: sizes by key, and by class where one number stands") {
    const Preprocess vit = read(R"({"do_normalize": true, "do_resize": true, "feature_extractor_type":
        "ViTFeatureExtractor", "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5], "resample": 2, "size": 224})");
    CHECK(vit.resize_to == ResizeTo::kBoth);
    CHECK(vit.resize == 224);
    CHECK(vit.crop == 0);
    CHECK(vit.mean == kHalf);
    const Preprocess resnet =
        read(R"({"image_processor_type": "EfficientNetImageProcessor", "do_center_crop": true,
        "crop_size": {"height": 224, "width": 224}, "size": {"shortest_edge": 256}, "resample": 3,
        "do_rescale": true, "rescale_factor": 0.00392156862745098, "image_mean": [0.1, 0.2, 0.3]})");
    CHECK(resnet.resize_to == ResizeTo::kShorter);
    CHECK(resnet.resize == 256);
    CHECK(resnet.crop == 224);
    CHECK(resnet.interpolation == Interpolation::kBicubic);
    CHECK(resnet.mean[2] == 0.3F);
    const Preprocess convnext =
        read(R"({"feature_extractor_type": "ConvNextFeatureExtractor", "crop_pct": 0.875,
        "size": 224, "resample": 3, "image_mean": [0.5, 0.5, 0.5]})");
    CHECK(convnext.resize == 256);
    CHECK(convnext.crop == 224);
    const Preprocess mobile = read(R"({"feature_extractor_type": "MobileViTFeatureExtractor", "size": 288,
        "crop_size": 256, "do_center_crop": true, "do_flip_channel_order": true, "resample": 2})",
                                   256);
    CHECK(mobile.resize == 288);
    CHECK(mobile.crop == 256);
    CHECK(mobile.colour == Colour::kBgr);
    CHECK(
        read(R"({"size": {"height": 28, "width": 28}, "do_rescale": false, "image_mean": 0})", 28, 1).bytes);
}

TEST_CASE("our own recipe, and what is refused") {
    const std::string own = R"({"height": 8, "width": 8, "interpolation": "hamming", "mean": [0, 0, 0],
        "std": [1, 1, 1], "letterbox": [8, 8], "fill": [1, 2, 3]})";
    CHECK(read(own, 8).fill[1] == 2);
    const struct {
        std::string json;
        ErrorCode code;
        const char* piece;
    } rows[] = {
        {own, ErrorCode::kContent, "what the network takes, 3x224x224"},
        {"[]", ErrorCode::kContent, "expected an object"},
        {"{}", ErrorCode::kContent, "timm's config.json"},
        {R"({"size": 224, "size": 225})", ErrorCode::kContent, "size"},
        {R"({"pretrained_cfg": {"crop_pct": 0}})", ErrorCode::kContent, "pretrained_cfg.crop_pct"},
        {R"({"pretrained_cfg": {"crop_mode": "border"}})", ErrorCode::kContent, "center or squash"},
        {R"({"pretrained_cfg": {"interpolation": "area"}})", ErrorCode::kContent, "Pillow's filters"},
        {R"({"pretrained_cfg": {"mean": [1, 2]}})", ErrorCode::kContent, "one or three numbers"},
        {R"({"size": 1e9})", ErrorCode::kContent, "size"},
        {R"({"size": {"width": 3}})", ErrorCode::kContent, "shortest_edge"},
        {R"({"do_resize": false, "do_pad": true})", ErrorCode::kContent, "do_pad"},
        {R"({"do_resize": false, "rescale_factor": 0.01})", ErrorCode::kContent, "rescale_factor"},
        {R"({"do_resize": false, "resample": 9})", ErrorCode::kContent, "resample"},
        {std::string(40, '['), ErrorCode::kContent, "nest"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.json);
        try {
            (void)read(row.json);
            FAIL_CHECK("was accepted");
        } catch (const Error& error) {
            const std::string what = error.what();
            CAPTURE(what);
            CHECK(error.code() == row.code);
            CHECK(what.find("recipe.json") != what.npos);
            CHECK(what.find(row.piece) != what.npos);
        }
    }
    const TempFolder folder;
    write_file(folder / "recipe.json", std::string((1U << 20) + 1, ' '));
    CHECK_THROWS_AS(read_recipe(folder / "recipe.json", {.height = 8, .width = 8}), Error);
}
