#include "tools/verbs/recipe.h"

#include "loaders/image/presets.h"

#include <dyce/error.h>

#include <utility>

namespace dyce {
namespace {

constexpr int kMaxSide = 16'384;

std::array<float, 3> triple(const Arguments& arguments, const std::string& option,
                            std::array<float, 3> fallback) {
    const auto value = arguments.text(option);
    if (!value) return fallback;
    const auto parts = split(*value, ',');
    if (parts.size() != 3)
        throw Error(ErrorCode::kUsage, "--" + option,
                    "\"" + *value + "\" given, expected three numbers as a,b,c");
    std::array<float, 3> result{};
    for (std::size_t i = 0; i < 3; ++i)
        result[i] = static_cast<float>(parse_real(parts[i], "--" + option, -1e6, 1e6));
    return result;
}

// "none" or a side in pixels; 0 stands for none.
int side(const Arguments& arguments, const std::string& option, int fallback) {
    const auto value = arguments.text(option);
    if (!value) return fallback;
    if (*value == "none") return 0;
    return static_cast<int>(parse_integer(*value, "--" + option, 1, kMaxSide));
}

// A preset for images of the input's size also takes others, shrunk or enlarged to it; those of that size
// go in as they are either way.
void fit_any_image(const Arguments& arguments, Preprocess& recipe) {
    const bool is_open = recipe.resize == 0 && recipe.crop == 0 && recipe.height == recipe.width;
    if (is_open && !arguments.has("resize") && !arguments.has("crop"))
        recipe.resize = recipe.crop = recipe.height;
}

}  // namespace

Preprocess recipe_from(const Arguments& arguments, const Shape& input) {
    bool described = arguments.has("preset");
    for (const char* option : {"mean", "std", "resize", "crop", "interpolation"})
        described = described || arguments.has(option);
    if (!described)
        throw Error(
            ErrorCode::kUsage, "dyce convert",
            "how are images prepared for this network? Give one of\n"
            "  --preset imagenet    shorter side 256, centre 224, ImageNet mean and std\n"
            "  --preset cifar10     shorter side 32, centre 32, ImageNet mean and std\n"
            "  --resize N|none --crop N|none --interpolation bilinear|bicubic --mean a,b,c --std a,b,c");
    if (input.rank() != 3 || input[0] != 3)
        throw Error(ErrorCode::kUsage, "--input",
                    "the network takes " + input.to_string() + ", expected images of 3xHxW");
    Preprocess recipe;
    recipe.height = static_cast<int>(input[1]);
    recipe.width = static_cast<int>(input[2]);
    return override_recipe(arguments, recipe);
}

Preprocess override_recipe(const Arguments& arguments, Preprocess recipe) {
    if (arguments.has("preset")) {
        const auto [height, width] = std::pair(recipe.height, recipe.width);
        recipe = preset(arguments.choice("preset", "", preset_names()));
        recipe.height = height;
        recipe.width = width;
        fit_any_image(arguments, recipe);
    }
    recipe.resize = side(arguments, "resize", recipe.resize);
    recipe.crop = side(arguments, "crop", recipe.crop);
    if (arguments.choice("interpolation", "", {"", "bilinear", "bicubic"}) != "")
        recipe.interpolation = arguments.text("interpolation", "") == "bicubic" ? Interpolation::kBicubic
                                                                                : Interpolation::kBilinear;
    recipe.mean = triple(arguments, "mean", recipe.mean);
    recipe.std = triple(arguments, "std", recipe.std);
    try {
        validate(recipe, "preprocessing");
    } catch (const Error& error) {  // the recipe came from the command line, not from a file
        throw Error(ErrorCode::kUsage, error.where(), error.message());
    }
    return recipe;
}

}  // namespace dyce
