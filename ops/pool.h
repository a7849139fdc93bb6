// What the pools share: a window per output, each plane on its own. Stateless.
#pragma once

#include "ops/lowering/lowering.h"
#include "ops/lowering/window.h"

namespace dyce::ops {

/// The window that the attributes describe. Throws Error{kContent} when a position of it would cover nothing
/// but padding: there is no maximum or average of that.
Window pool_window(const OpCall& call);
/// One window over all of each plane.
Window global_window(const OpCall& call);

std::vector<TensorType> infer_pool(const OpCall& call, const Window& window);

/// out = maximum of the input under the window.
void max_over(const Window& window, const TensorView& in, const MutableTensorView& out);
/// out = average of the input under the window; `include_pad`: declared padding counts as zeros.
void average_over(const Window& window, bool include_pad, const TensorView& in, const MutableTensorView& out);

/// The pool as one primitive that keeps the input's layout. False, and nothing appended, when oneDNN has no
/// fast one. The output's dimensions may lack those of size 1 behind (N, C).
bool lower_pool(dnnl::algorithm algorithm, const Window& window, Lowering& lowering);

}  // namespace dyce::ops
