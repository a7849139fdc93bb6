// Checks that many operators share. Each throws Error{kContent} at the node of `call`. Stateless.
#pragma once

#include "ops/spec/op.h"

namespace dyce::ops {

/// Every input is float32.
void expect_float32(const OpCall& call);

/// `axis` counted from the front; negative ones count from the end of `rank` dimensions.
int resolve_axis(const OpCall& call, std::int64_t axis, int rank);

/// The same for a list, in its order; refuses an axis that occurs twice.
std::vector<int> resolve_axes(const OpCall& call, const std::vector<std::int64_t>& axes, int rank);

/// "[1, 2, 3]", for messages.
std::string list_text(const std::vector<std::int64_t>& values);

}  // namespace dyce::ops
