#include "loaders/image/presets.h"

#include <dyce/error.h>

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

}  // namespace

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
