// One implementation of a primitive for all batch sizes. Stateless.
#pragma once

#include "ops/lowering.h"

namespace dyce::ops {

/// The first of the candidates that is not one of oneDNN's plain loops ("ref"), at the first batch size a
/// node is compiled for; at later ones the candidate of the same name, so that a picture's answer does not
/// depend on how many others run with it. Empty when there is none: the caller's own path serves.
onednn::Descriptor choose(onednn::Descriptor candidates, Lowering& lowering);

}  // namespace dyce::ops
