#include "loaders/format/preprocess_json.h"

#include <algorithm>
#include <limits>

namespace dyce {
namespace {

template <class Value, std::size_t N>
Value choice_from_json(const JsonField& field, const std::array<const char*, N>& names) {
    const auto found = std::find(names.begin(), names.end(), field.text());
    std::string known;
    for (const char* name : names) known += (known.empty() ? "" : ", ") + std::string(name);
    if (found == names.end()) field.fail("one of " + known);
    return static_cast<Value>(found - names.begin());
}

Json channels_to_json(const std::array<float, 3>& channels) {
    return {to_json(channels[0]), to_json(channels[1]), to_json(channels[2])};
}

std::array<float, 3> channels_from_json(const JsonField& field) {
    if (field.size() != 3) field.fail("three numbers, one for each channel");
    return {field[0].real32(), field[1].real32(), field[2].real32()};
}

int side_from_json(const JsonField& field) {
    return static_cast<int>(field.integer(1, std::numeric_limits<int>::max()));
}

// [height, width]
void sides_from_json(const JsonField& field, ResizeTo resize_to, Preprocess& recipe) {
    if (field.size() != 2) field.fail("height and width");
    recipe.resize = side_from_json(field[0]);
    recipe.resize_width = side_from_json(field[1]);
    recipe.resize_to = resize_to;
}

void resize_from_json(JsonFields& fields, Preprocess& recipe) {
    const int ways =
        (fields.has("resize") ? 1 : 0) + (fields.has("longer") ? 1 : 0) + (fields.has("letterbox") ? 1 : 0);
    if (ways > 1) fields["resize"].fail("one of resize, longer and letterbox");
    if (fields.has("longer")) {
        recipe.resize = side_from_json(fields["longer"]);
        recipe.resize_to = ResizeTo::kLonger;
    } else if (fields.has("letterbox")) {
        sides_from_json(fields["letterbox"], ResizeTo::kLetterbox, recipe);
        const JsonField fill = fields["fill"];
        if (fill.size() != 3) fill.fail("three numbers, red, green and blue");
        for (std::size_t c = 0; c < 3; ++c)
            recipe.fill[c] = static_cast<std::uint8_t>(fill[c].integer(0, 255));
    } else if (fields.has("resize")) {
        const JsonField resize = fields["resize"];
        if (resize.json().is_array())
            sides_from_json(resize, ResizeTo::kBoth, recipe);
        else
            recipe.resize = side_from_json(resize);
    }
}

void crop_from_json(const JsonField& field, Preprocess& recipe) {
    if (!field.json().is_array()) {
        recipe.crop = side_from_json(field);
        return;
    }
    if (field.size() != 2 || side_from_json(field[0]) != recipe.height ||
        side_from_json(field[1]) != recipe.width)
        field.fail("the height and width of the input");
    recipe.crop = recipe.height;
}

}  // namespace

// What a recipe of the first releases does not hold is left out.
Json preprocess_to_json(const Preprocess& recipe) {
    Json json = {{"height", recipe.height},
                 {"width", recipe.width},
                 {"interpolation", kInterpolationNames[static_cast<std::size_t>(recipe.interpolation)]},
                 {"mean", channels_to_json(recipe.mean)},
                 {"std", channels_to_json(recipe.std)}};
    const Json both = {recipe.resize, recipe.resize_width};
    if (recipe.resize != 0) switch (recipe.resize_to) {
            case ResizeTo::kShorter: json["resize"] = recipe.resize; break;
            case ResizeTo::kLonger: json["longer"] = recipe.resize; break;
            case ResizeTo::kBoth: json["resize"] = both; break;
            case ResizeTo::kLetterbox: json["letterbox"] = both; break;
        }
    if (recipe.resize != 0 && recipe.resize_to == ResizeTo::kLetterbox) json["fill"] = recipe.fill;
    if (recipe.crop != 0) {
        if (recipe.height == recipe.width)
            json["crop"] = recipe.crop;
        else
            json["crop"] = {recipe.height, recipe.width};
    }
    if (recipe.channels != 3) json["channels"] = recipe.channels;
    if (recipe.colour != Colour::kRgb) json["colour"] = kColourNames[static_cast<std::size_t>(recipe.colour)];
    if (recipe.bytes) json["range"] = 255;
    return json;
}

Preprocess preprocess_from_json(const JsonField& field) {
    JsonFields fields(field);
    Preprocess recipe;
    recipe.height = side_from_json(fields["height"]);
    recipe.width = side_from_json(fields["width"]);
    resize_from_json(fields, recipe);
    if (fields.has("crop")) crop_from_json(fields["crop"], recipe);
    recipe.interpolation = choice_from_json<Interpolation>(fields["interpolation"], kInterpolationNames);
    if (fields.has("channels")) recipe.channels = static_cast<int>(fields["channels"].integer(1, 3));
    if (fields.has("colour")) recipe.colour = choice_from_json<Colour>(fields["colour"], kColourNames);
    if (fields.has("range")) recipe.bytes = fields["range"].integer(255, 255) == 255;
    recipe.mean = channels_from_json(fields["mean"]);
    recipe.std = channels_from_json(fields["std"]);
    fields.finish();
    validate(recipe, field.where());
    if (recipe.crop != 0 && recipe.height != recipe.width && !fields["crop"].json().is_array())
        fields["crop"].fail("[height, width], as the input is no square");
    return recipe;
}

}  // namespace dyce
