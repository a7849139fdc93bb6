// dyce classify --progress: the same answers, by a run that may be cut off.
#pragma once

#include "tools/cli/arguments.h"
#include "tools/cli/inputs.h"

#include <dyce/model.h>

namespace dyce {

int classify_kept(const Arguments& arguments, const Model& model, const ImageList& images);

}  // namespace dyce
