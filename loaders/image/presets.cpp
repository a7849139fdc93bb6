#include "loaders/image/presets.h"

#include "loaders/image/torchvision_entries.h"
#include "runtime/core/nearest_name.h"

#include <dyce/error.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace dyce {
namespace {

constexpr std::array<float, 3> kMean{0.485F, 0.456F, 0.406F};
constexpr std::array<float, 3> kStd{0.229F, 0.224F, 0.225F};

struct Preset {
    const char* name;
    Preprocess recipe;
};
constexpr Preset kPresets[] = {
    {"imagenet", {.height = 224, .width = 224, .resize = 256, .crop = 224, .mean = kMean, .std = kStd}},
    {"cifar10", {.height = 32, .width = 32, .mean = kMean, .std = kStd}},
};

constexpr const char* kTorchvision = "torchvision:";

// Both sides, as load_img(target_size) leaves them.
Preprocess keras(int height, int width) {
    return {.height = height,
            .width = width,
            .resize = height,
            .interpolation = Interpolation::kNearest,
            .resize_to = ResizeTo::kBoth,
            .resize_width = width};
}

Preprocess keras_tf(int height, int width) {
    Preprocess recipe = keras(height, width);
    recipe.bytes = true;
    recipe.mean = recipe.std = {127.5F, 127.5F, 127.5F};
    return recipe;
}

Preprocess keras_caffe(int height, int width) {
    Preprocess recipe = keras(height, width);
    recipe.bytes = true;
    recipe.colour = Colour::kBgr;
    recipe.mean = {103.939F, 116.779F, 123.68F};
    return recipe;
}

Preprocess keras_torch(int height, int width) {
    Preprocess recipe = keras(height, width);
    recipe.mean = kMean;
    recipe.std = kStd;
    return recipe;
}

Preprocess timm(int height, int width) {
    const int side = std::max(height, width) * 8 / 7;
    return {.height = height,
            .width = width,
            .resize = side,
            .crop = height,
            .interpolation = Interpolation::kBicubic,
            .mean = kMean,
            .std = kStd};
}

struct SizedPreset {
    const char* name;
    Preprocess (*make)(int height, int width);
};
constexpr SizedPreset kSizedPresets[] = {
    {"timm", timm}, {"keras:tf", keras_tf}, {"keras:caffe", keras_caffe}, {"keras:torch", keras_torch}};

Preprocess torchvision(const std::string& entry, int height, int width) {
    std::vector<std::string_view> names;
    for (const TorchvisionEntry& known : torchvision_entries()) {
        names.push_back(known.name);
        if (entry != known.name) continue;
        if (known.crop != height || known.crop != width)
            throw Error(ErrorCode::kUsage, "preset",
                        "'" + entry + "' prepares " + std::to_string(known.crop) + "x" +
                            std::to_string(known.crop) + ", the network takes " + std::to_string(width) +
                            "x" + std::to_string(height));
        return {.height = height,
                .width = width,
                .resize = known.resize,
                .crop = known.crop,
                .interpolation = known.interpolation,
                .mean = known.is_centred ? std::array<float, 3>{0.5F, 0.5F, 0.5F} : kMean,
                .std = known.is_centred ? std::array<float, 3>{0.5F, 0.5F, 0.5F} : kStd};
    }
    throw Error(
        ErrorCode::kUsage, "preset",
        "'" + entry + "' is no weights entry of torchvision that is known" + nearest_hint(entry, names, "'"));
}

}  // namespace

Preprocess preset(const std::string& name, int height, int width) {
    for (const SizedPreset& known : kSizedPresets)
        if (name == known.name) return known.make(height, width);
    if (name.starts_with(kTorchvision))
        return torchvision(name.substr(std::strlen(kTorchvision)), height, width);
    Preprocess recipe;
    try {
        recipe = preset(name);
    } catch (const Error&) {
        std::vector<std::string> names = preset_names();
        for (const SizedPreset& known : kSizedPresets) names.emplace_back(known.name);
        std::string list;
        for (const std::string& known : names) list += known + ", ";
        const std::vector<std::string_view> views(names.begin(), names.end());
        throw Error(ErrorCode::kUsage, "--preset",
                    "\"" + name + "\" given, expected one of " + list + kTorchvision + "ENTRY" +
                        nearest_hint(name, views));
    }
    recipe.height = height;
    recipe.width = width;
    return recipe;
}

Preprocess preset(const std::string& name) {
    std::string known;
    for (const Preset& preset : kPresets) {
        if (name == preset.name) return preset.recipe;
        known += (known.empty() ? "" : ", ") + std::string(preset.name);
    }
    throw Error(ErrorCode::kUsage, "preset", "'" + name + "' is unknown, expected one of: " + known);
}

std::vector<std::string> preset_names() {
    std::vector<std::string> names;
    for (const Preset& preset : kPresets) names.emplace_back(preset.name);
    return names;
}

}  // namespace dyce
