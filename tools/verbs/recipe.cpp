#include "tools/verbs/recipe.h"

#include "loaders/image/presets.h"
#include "loaders/import/recipe_file.h"
#include "models/backbones.h"

#include <dyce/error.h>

#include <algorithm>
#include <sstream>
#include <tuple>
#include <utility>

namespace dyce {
namespace {

int side_of(const std::string& text, const std::string& option) {
    return static_cast<int>(parse_integer(text, "--" + option, 1, kMaxSide));
}

// One number for all channels of the network, or one for each.
std::array<float, 3> channel_values(const Arguments& arguments, const std::string& option, int channels,
                                    std::array<float, 3> fallback) {
    const auto value = arguments.text(option);
    if (!value) return fallback;
    const auto parts = split(*value, ',');
    if (parts.size() != 1 && parts.size() != static_cast<std::size_t>(channels))
        throw Error(ErrorCode::kUsage, "--" + option,
                    "\"" + *value + "\" given, expected one number" +
                        (channels == 3 ? " or three as a,b,c" : ": the network takes one channel"));
    std::array<float, 3> result{};
    for (std::size_t i = 0; i < 3; ++i)
        result[i] =
            static_cast<float>(parse_real(parts[std::min(i, parts.size() - 1)], "--" + option, -1e6, 1e6));
    return result;
}

// "WxH", or one number for both.
std::pair<int, int> width_and_height(const std::string& text, const std::string& option) {
    const auto parts = split(text, 'x');
    if (parts.size() != 1 && parts.size() != 2)
        throw Error(ErrorCode::kUsage, "--" + option, "\"" + text + "\" given, expected N or WxH");
    return {side_of(parts.front(), option), side_of(parts.back(), option)};
}

void take_size(Preprocess& recipe, ResizeTo resize_to, const std::string& text, const std::string& option) {
    std::tie(recipe.resize_width, recipe.resize) = width_and_height(text, option);
    recipe.resize_to = resize_to;
}

void set_no_resize(Preprocess& recipe) {
    recipe.resize = recipe.resize_width = 0;
    recipe.resize_to = ResizeTo::kShorter;
}

void take_resize(const Arguments& arguments, Preprocess& recipe) {
    int ways = 0;
    for (const char* option : {"resize", "longer", "letterbox"}) ways += arguments.has(option) ? 1 : 0;
    if (ways > 1) throw Error(ErrorCode::kUsage, "--resize", "excludes --longer and --letterbox");
    if (ways == 1) set_no_resize(recipe);
    if (const auto text = arguments.text("resize"); text && *text != "none") {
        if (text->find('x') != text->npos)
            take_size(recipe, ResizeTo::kBoth, *text, "resize");
        else
            recipe.resize = side_of(*text, "resize");
    }
    if (const auto text = arguments.text("longer")) {
        recipe.resize = side_of(*text, "longer");
        recipe.resize_to = ResizeTo::kLonger;
    }
    if (const auto text = arguments.text("letterbox")) {
        const auto parts = split(*text, ':');
        take_size(recipe, ResizeTo::kLetterbox, parts.at(0), "letterbox");
        const auto colour = parts.size() == 2 ? split(parts[1], ',') : std::vector<std::string>(3, "0");
        if (parts.size() > 2 || colour.size() != 3)
            throw Error(ErrorCode::kUsage, "--letterbox",
                        "\"" + *text + "\" given, expected WxH or WxH:r,g,b");
        for (std::size_t c = 0; c < 3; ++c)
            recipe.fill[c] = static_cast<std::uint8_t>(parse_integer(colour[c], "--letterbox", 0, 255));
    }
}

void take_crop(const Arguments& arguments, Preprocess& recipe) {
    const auto text = arguments.text("crop");
    if (!text) return;
    recipe.crop = 0;
    if (*text == "none") return;
    const auto [width, height] = width_and_height(*text, "crop");
    if (width != recipe.width || height != recipe.height)
        throw Error(ErrorCode::kUsage, "--crop",
                    "\"" + *text + "\" given, the network takes " + std::to_string(recipe.width) + "x" +
                        std::to_string(recipe.height));
    recipe.crop = height;
}

void take_colour(const Arguments& arguments, Preprocess& recipe) {
    const std::string fallback = recipe.channels == 1 ? "grey" : "";
    const std::string colour = arguments.choice("colour", fallback, {fallback, "rgb", "bgr", "grey"});
    if (colour == "rgb") recipe.colour = Colour::kRgb;
    if (colour == "bgr") recipe.colour = Colour::kBgr;
    if (colour == "grey") recipe.colour = Colour::kGrey;
}

void take_interpolation(const Arguments& arguments, Preprocess& recipe) {
    if (!arguments.has("interpolation")) return;
    if (arguments.text("interpolation", "").starts_with("tf"))
        throw Error(
            ErrorCode::kUsage, "--interpolation",
            "tf.image.resize computes otherwise than Pillow, whose filters these are; resize the images "
            "beforehand, or use load_img's filter (nearest, bilinear, ..)");
    const std::vector<std::string> names(kInterpolationNames.begin(), kInterpolationNames.end());
    const std::string name = arguments.choice("interpolation", "", names);
    recipe.interpolation =
        static_cast<Interpolation>(std::find(names.begin(), names.end(), name) - names.begin());
}

// A preset for images of the input's size also takes others, shrunk or enlarged to it; those of that size
// go in as they are either way.
void fit_any_image(const Arguments& arguments, Preprocess& recipe) {
    const bool is_open = recipe.resize == 0 && recipe.crop == 0 && recipe.height == recipe.width;
    const bool is_told = arguments.has("resize") || arguments.has("crop") || arguments.has("longer") ||
                         arguments.has("letterbox");
    if (is_open && !is_told) recipe.resize = recipe.crop = recipe.height;
}

// A weights entry tells how torchvision's module is fed, which may go on preparing images inside.
void centre_published(const Arguments& arguments, const std::string& preset, Preprocess& recipe) {
    if (!arguments.has("arch") || !preset.starts_with("torchvision:")) return;
    if (find_backbone(*arguments.text("arch")).published_centred)
        recipe.mean = recipe.std = {0.5F, 0.5F, 0.5F};
}

bool is_described(const Arguments& arguments) {
    for (const char* option : {"preset", "recipe", "mean", "std", "resize", "longer", "letterbox", "crop",
                               "interpolation", "range", "colour"})
        if (arguments.has(option)) return true;
    return false;
}

}  // namespace

Preprocess recipe_from(const Arguments& arguments, const Shape& input, bool takes_bytes) {
    if (!is_described(arguments))
        throw Error(ErrorCode::kUsage, "dyce convert",
                    "how are images prepared for this network? Give one of\n"
                    "  --preset imagenet    shorter side 256, centre 224, ImageNet mean and std\n"
                    "  --preset cifar10     shorter side 32, centre 32, ImageNet mean and std\n"
                    "  --recipe FILE        config.json of timm, preprocessor_config.json of Hugging Face, "
                    "or our own\n"
                    "  --resize N|WxH|none --crop N|WxH|none --interpolation bilinear|bicubic --mean a,b,c "
                    "--std a,b,c\n"
                    "(dyce help convert lists more)");
    if (input.rank() != 3 || (input[0] != 3 && input[0] != 1))
        throw Error(ErrorCode::kUsage, "--input",
                    "the network takes " + input.to_string() + ", expected images of 3xHxW or 1xHxW");
    Preprocess recipe;
    recipe.channels = static_cast<int>(input[0]);
    recipe.height = static_cast<int>(input[1]);
    recipe.width = static_cast<int>(input[2]);
    recipe.bytes = takes_bytes;
    return override_recipe(arguments, recipe);
}

Preprocess override_recipe(const Arguments& arguments, Preprocess recipe) {
    const Preprocess of_network = recipe;
    if (arguments.has("preset") && arguments.has("recipe"))
        throw Error(ErrorCode::kUsage, "--recipe", "excludes --preset");
    if (const auto name = arguments.text("preset")) {
        recipe = preset(*name, of_network.height, of_network.width);
        recipe.channels = of_network.channels;
        recipe.bytes = recipe.bytes || of_network.bytes;
        fit_any_image(arguments, recipe);
        centre_published(arguments, *name, recipe);
    }
    if (const auto file = arguments.text("recipe")) recipe = read_recipe(*file, of_network);
    take_resize(arguments, recipe);
    take_crop(arguments, recipe);
    take_interpolation(arguments, recipe);
    take_colour(arguments, recipe);
    if (arguments.has("range")) recipe.bytes = arguments.integer("range", 1, 1, 255) == 255;
    if (arguments.has("range") && !recipe.bytes && arguments.text("range", "") != "1")
        throw Error(ErrorCode::kUsage, "--range", "expected 1 or 255");
    recipe.mean = channel_values(arguments, "mean", recipe.channels, recipe.mean);
    recipe.std = channel_values(arguments, "std", recipe.channels, recipe.std);
    try {
        validate(recipe, "preprocessing");
    } catch (const Error& error) {  // the recipe came from the command line, not from a file
        throw Error(ErrorCode::kUsage, error.where(), error.message());
    }
    return recipe;
}

std::string recipe_text(const Preprocess& recipe) {
    const std::string both = std::to_string(recipe.resize_width) + "x" + std::to_string(recipe.resize);
    std::string text = "no resize";
    if (recipe.resize != 0) switch (recipe.resize_to) {
            case ResizeTo::kShorter: text = "shorter side " + std::to_string(recipe.resize); break;
            case ResizeTo::kLonger: text = "longer side " + std::to_string(recipe.resize); break;
            case ResizeTo::kBoth: text = "both sides " + both; break;
            case ResizeTo::kLetterbox: text = "letterbox " + both; break;
        }
    if (recipe.resize != 0)
        text += std::string(" ") + kInterpolationNames[static_cast<std::size_t>(recipe.interpolation)];
    text += recipe.crop == 0
                ? ", no crop"
                : ", centre " + std::to_string(recipe.width) + "x" + std::to_string(recipe.height);
    text += std::string(", ") + kColourNames[static_cast<std::size_t>(recipe.colour)];
    text += recipe.bytes ? " 0..255" : " 0..1";
    const auto values = [&](const std::array<float, 3>& numbers) {
        std::ostringstream list;
        for (std::size_t c = 0; c < static_cast<std::size_t>(recipe.channels); ++c)
            list << (c == 0 ? "" : ",") << numbers[c];
        return list.str();
    };
    return text + ", mean " + values(recipe.mean) + ", std " + values(recipe.std);
}

}  // namespace dyce
