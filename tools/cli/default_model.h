// The model that the program carries in itself (models/default.safetensors). Immutable; thread-safe.
#pragma once

#include <dyce/model.h>

namespace dyce {

/// A handle to it; its weights stay in the program's own pages.
Model default_model();

}  // namespace dyce
