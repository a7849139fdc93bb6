// dyce bench MODEL --decode X: what pictures cost before a network sees them.
#pragma once

#include "tools/cli/arguments.h"

#include <dyce/model.h>

namespace dyce {

/// Reads and decodes the pictures of X, and prepares them as the model's last member wants them, on one
/// thread.
int bench_decoding(const Arguments& arguments, const Model& model);

}  // namespace dyce
