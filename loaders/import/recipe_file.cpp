#include "loaders/import/recipe_file.h"

#include "loaders/format/json.h"
#include "loaders/format/preprocess_json.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>

namespace dyce {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 20;

JsonField member(const JsonField& object, const char* key) {
    return JsonField(object.json().at(key), object.where() + "." + key);
}

bool has(const JsonField& object, const char* key) {
    return object.json().is_object() && object.json().contains(key) && !object.json().at(key).is_null();
}

bool flag(const JsonField& object, const char* key, bool fallback) {
    return has(object, key) ? member(object, key).boolean() : fallback;
}

int pixels(const JsonField& field) { return static_cast<int>(field.integer(1, kMaxSide)); }

// One number, or one for each channel.
void take_channels(const JsonField& object, const char* key, std::array<float, 3>& values) {
    if (!has(object, key)) return;
    const JsonField field = member(object, key);
    if (!field.json().is_array()) return values.fill(field.real32());
    if (field.size() != 1 && field.size() != 3) field.fail("one or three numbers");
    for (std::size_t c = 0; c < 3; ++c) values[c] = field[std::min(c, field.size() - 1)].real32();
}

// The side that `share` of is cropped, as both libraries round it.
int before_crop(int side, double share, const JsonField& where) {
    if (!(share > 0) || share > 1) where.fail("a share over 0, at most 1");
    return std::min(static_cast<int>(std::floor(side / share)), kMaxSide);
}

// timm's data config: shorter side floor(size / crop_pct), centre crop; or both sides.
void take_timm(const JsonField& config, Preprocess& recipe) {
    const double share = has(config, "crop_pct") ? member(config, "crop_pct").real() : 0.875;
    const JsonField where = has(config, "crop_pct") ? member(config, "crop_pct") : config;
    const std::string mode = has(config, "crop_mode") ? member(config, "crop_mode").text() : "center";
    if (mode != "center" && mode != "squash") member(config, "crop_mode").fail("center or squash");
    recipe.crop = recipe.height;
    recipe.resize = before_crop(recipe.height, share, where);
    recipe.resize_width = before_crop(recipe.width, share, where);
    if (mode == "squash") {
        recipe.resize_to = ResizeTo::kBoth;
    } else {
        recipe.resize = std::max(recipe.resize, recipe.resize_width);
        recipe.resize_width = 0;
    }
    recipe.interpolation = Interpolation::kBicubic;
    if (has(config, "interpolation")) {
        const JsonField field = member(config, "interpolation");
        const auto found = std::find(kInterpolationNames.begin(), kInterpolationNames.end(), field.text());
        if (found == kInterpolationNames.end()) field.fail("one of Pillow's filters");
        recipe.interpolation = static_cast<Interpolation>(found - kInterpolationNames.begin());
    }
    recipe.mean = {0.485F, 0.456F, 0.406F};
    recipe.std = {0.229F, 0.224F, 0.225F};
    take_channels(config, "mean", recipe.mean);
    take_channels(config, "std", recipe.std);
}

// Pillow's numbers of filters.
Interpolation resample(const JsonField& field) {
    constexpr Interpolation kByNumber[] = {Interpolation::kNearest,  Interpolation::kLanczos,
                                           Interpolation::kBilinear, Interpolation::kBicubic,
                                           Interpolation::kBox,      Interpolation::kHamming};
    return kByNumber[field.integer(0, 5)];
}

void take_both(int height, int width, Preprocess& recipe) {
    recipe.resize_to = ResizeTo::kBoth;
    recipe.resize = height;
    recipe.resize_width = width;
}

// ConvNeXt's and PoolFormer's: below 384 pixels a crop of a larger image, else both sides.
void take_share(const JsonField& config, int side, Preprocess& recipe) {
    if (side >= 384) return take_both(side, side, recipe);
    const JsonField share = member(config, "crop_pct");
    recipe.resize = before_crop(side, share.real(), share);
    recipe.crop = recipe.height;
}

void take_hugging_face_size(const JsonField& config, const std::string& type, Preprocess& recipe) {
    if (!has(config, "size")) return take_both(recipe.height, recipe.width, recipe);
    const JsonField size = member(config, "size");
    const bool is_number = size.json().is_number();
    if (has(config, "crop_pct") && (is_number || has(size, "shortest_edge")))
        return take_share(config, pixels(is_number ? size : member(size, "shortest_edge")), recipe);
    // Files of old releases give one number; what it meant depends on the class that read it.
    const bool is_shorter = type.find("CLIP") != type.npos || type.find("MobileViT") != type.npos ||
                            type.find("MobileNet") != type.npos || type.find("ResNet") != type.npos;
    if (is_number && !is_shorter) return take_both(pixels(size), pixels(size), recipe);
    if (is_number || has(size, "shortest_edge")) {
        recipe.resize = pixels(is_number ? size : member(size, "shortest_edge"));
    } else if (has(size, "longest_edge")) {
        recipe.resize = pixels(member(size, "longest_edge"));
        recipe.resize_to = ResizeTo::kLonger;
    } else if (has(size, "height") && has(size, "width")) {
        take_both(pixels(member(size, "height")), pixels(member(size, "width")), recipe);
    } else {
        size.fail("a number, shortest_edge, longest_edge, or height and width");
    }
}

void take_hugging_face(const JsonField& config, Preprocess& recipe) {
    std::string type;
    for (const char* key : {"image_processor_type", "feature_extractor_type"})
        if (has(config, key)) type = member(config, key).text();
    if (flag(config, "do_pad", false)) member(config, "do_pad").fail("false");
    if (flag(config, "do_resize", true)) take_hugging_face_size(config, type, recipe);
    if (flag(config, "do_center_crop", has(config, "crop_size"))) recipe.crop = recipe.height;
    if (has(config, "resample")) recipe.interpolation = resample(member(config, "resample"));
    if (flag(config, "do_flip_channel_order", false)) recipe.colour = Colour::kBgr;
    recipe.bytes = !flag(config, "do_rescale", true);
    if (!recipe.bytes && has(config, "rescale_factor")) {
        const double factor = member(config, "rescale_factor").real();
        if (factor == 1)
            recipe.bytes = true;
        else if (std::abs(factor * 255 - 1) > 1e-6)
            member(config, "rescale_factor").fail("1/255 or 1");
    }
    if (!flag(config, "do_normalize", has(config, "image_mean"))) return;
    take_channels(config, "image_mean", recipe.mean);
    take_channels(config, "image_std", recipe.std);
}

// A recipe without a resize crops what is at least that large; one whose crop changes nothing needs none.
void complete(const Preprocess& network, Preprocess& recipe) {
    recipe.bytes = recipe.bytes || network.bytes;
    if (recipe.channels == 1) recipe.colour = Colour::kGrey;
}

}  // namespace

Preprocess read_recipe(const std::string& path, const Preprocess& network) {
    const Json json = read_json(path, kMaxBytes);
    const JsonField file(json, path);
    if (!json.is_object()) file.fail("an object");
    Preprocess recipe;
    recipe.height = network.height;
    recipe.width = network.width;
    recipe.channels = network.channels;
    if (has(file, "height") && has(file, "width") && has(file, "interpolation")) {
        recipe = preprocess_from_json(file);
        if (recipe.height != network.height || recipe.width != network.width ||
            recipe.channels != network.channels)
            member(file, "height")
                .fail("what the network takes, " + std::to_string(network.channels) + "x" +
                      std::to_string(network.height) + "x" + std::to_string(network.width));
        return recipe;
    }
    for (const char* key : {"pretrained_cfg", "default_cfg"})
        if (has(file, key)) {
            take_timm(member(file, key), recipe);
            complete(network, recipe);
            return recipe;
        }
    if (has(file, "input_size") || has(file, "crop_pct"))
        if (!has(file, "do_normalize") && !has(file, "image_mean")) {
            take_timm(file, recipe);
            complete(network, recipe);
            return recipe;
        }
    for (const char* key : {"do_resize", "do_normalize", "image_mean", "size", "feature_extractor_type",
                            "image_processor_type"})
        if (has(file, key)) {
            take_hugging_face(file, recipe);
            complete(network, recipe);
            return recipe;
        }
    file.fail("timm's config.json, Hugging Face's preprocessor_config.json or a recipe of dyce");
}

}  // namespace dyce
