// Which of oneDNN's implementations serves. Stateless.
#pragma once

#include "ops/lowering/lowering.h"

#include <string_view>

namespace dyce::ops {

/// The first of the candidates that is not one of oneDNN's plain loops ("ref"), at the first batch size a
/// node is compiled for; at later ones the candidate of the same name, so that an image's answer does not
/// depend on how many others run with it; the lowering is told where it is missing then. Empty when there is
/// none: the caller's own path serves.
onednn::Descriptor select_implementation(onednn::Descriptor candidates, Lowering& lowering);

/// The first of the candidates whose name starts with `name`; empty when there is none.
onednn::Descriptor first_named(std::string_view name, onednn::Descriptor candidates);

/// Makes select_implementation() pick the candidate whose name starts with `name`, if there is one.
void prefer(std::string_view name, onednn::Descriptor candidates, Lowering& lowering);

/// The first of the candidates that is not one of oneDNN's plain loops; empty when there is none. For
/// element-wise work, where all implementations of a machine give the same result.
onednn::Descriptor skip_plain_loops(onednn::Descriptor candidates);

}  // namespace dyce::ops
