// dyce eval --progress: the same figures, by a run that may be cut off.
#pragma once

#include "loaders/dataset/dataset.h"
#include "tools/cli/arguments.h"

#include <dyce/model.h>

namespace dyce {

int eval_kept(const Arguments& arguments, const Model& model, const Dataset& dataset);

}  // namespace dyce
