// Numbers moved from one layout to another, once, outside any plan. A function.
#pragma once

#include "runtime/core/onednn/layout.h"

#include <vector>

namespace dyce {

/// `numbers` lie as `from` says; the result lies as `to` says, which has the same dimensions. Padding is 0.
std::vector<float> reordered(const dnnl::engine& engine, const float* numbers, const MemoryDesc& from,
                             const MemoryDesc& to);

}  // namespace dyce
