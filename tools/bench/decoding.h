// dyce bench MODEL --decode X: what images cost before a network sees them.
#pragma once

#include "tools/cli/arguments.h"

#include <dyce/model.h>

namespace dyce {

/// Reads and decodes the images of X, and prepares them as the model's last member wants them, on one
/// thread.
int bench_decoding(const Arguments& arguments, const Model& model);

}  // namespace dyce
