// The preprocessing recipe as JSON (docs/model-format.md, key dyce.preprocess). Pure functions.
#pragma once

#include "loaders/format/json.h"
#include "loaders/image/preprocess.h"

namespace dyce {

Json preprocess_to_json(const Preprocess& recipe);

/// Throws Error{kContent} naming the field, also when validate() refuses the recipe.
Preprocess preprocess_from_json(const JsonField& field);

}  // namespace dyce
