#include "loaders/format/preprocess_json.h"

#include <limits>

namespace dyce {
namespace {

constexpr const char* kBilinear = "bilinear";
constexpr const char* kBicubic = "bicubic";

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

}  // namespace

Json preprocess_to_json(const Preprocess& recipe) {
    Json json = {{"height", recipe.height},
                 {"width", recipe.width},
                 {"interpolation", recipe.interpolation == Interpolation::kBicubic ? kBicubic : kBilinear},
                 {"mean", channels_to_json(recipe.mean)},
                 {"std", channels_to_json(recipe.std)}};
    if (recipe.resize != 0) json["resize"] = recipe.resize;
    if (recipe.crop != 0) json["crop"] = recipe.crop;
    return json;
}

Preprocess preprocess_from_json(const JsonField& field) {
    JsonFields fields(field);
    Preprocess recipe;
    recipe.height = side_from_json(fields["height"]);
    recipe.width = side_from_json(fields["width"]);
    if (fields.has("resize")) recipe.resize = side_from_json(fields["resize"]);
    if (fields.has("crop")) recipe.crop = side_from_json(fields["crop"]);
    const JsonField interpolation = fields["interpolation"];
    if (interpolation.text() == kBicubic)
        recipe.interpolation = Interpolation::kBicubic;
    else if (interpolation.text() != kBilinear)
        interpolation.fail("bilinear or bicubic");
    recipe.mean = channels_from_json(fields["mean"]);
    recipe.std = channels_from_json(fields["std"]);
    fields.finish();
    validate(recipe, field.where());
    return recipe;
}

}  // namespace dyce
