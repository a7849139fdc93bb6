// The preprocessing recipe a user describes on the command line.
#pragma once

#include "loaders/image/preprocess.h"
#include "tools/cli/arguments.h"

namespace dyce {

/// From --preset or --recipe and the flags that override them, for a network whose input is `input` (C x H x W);
/// `takes_bytes`: it is declared as integers 0..255. Throws Error{kUsage} when nothing is given or it does not fit
/// the input, and as read_recipe() does.
Preprocess recipe_from(const Arguments& arguments, const Shape& input, bool takes_bytes = false);

/// A preset without resize and crop (cifar10) gets both as the sides of a square input, unless a flag says
/// otherwise: its images may have any size.
/// `recipe` but for what these flags say otherwise. Throws Error{kUsage} when they do not fit its input.
Preprocess override_recipe(const Arguments& arguments, Preprocess recipe);

/// "shorter side 256 bilinear, centre 224x224, RGB / 255, mean 0.485,0.456,0.406, std ..", for people.
std::string recipe_text(const Preprocess& recipe);

}  // namespace dyce
