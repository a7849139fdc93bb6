// The preprocessing recipe a user describes on the command line.
#pragma once

#include "loaders/image/preprocess.h"
#include "tools/cli/arguments.h"

namespace dyce {

/// From --preset and the flags that override it, for a network whose input is `input` (C x H x W).
/// Throws Error{kUsage} when neither is given or they do not fit the input.
Preprocess recipe_from(const Arguments& arguments, const Shape& input);

/// A preset without resize and crop (cifar10) gets both as the sides of a square input, unless a flag says
/// otherwise: its images may have any size.
/// `recipe` but for what these flags say otherwise. Throws Error{kUsage} when they do not fit its input.
Preprocess override_recipe(const Arguments& arguments, Preprocess recipe);

}  // namespace dyce
