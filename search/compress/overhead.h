// What a small file spends on saying where its numbers belong. A function.
#pragma once

#include "loaders/format/model_file.h"

#include <cstddef>

namespace dyce {

/// Bytes of masks, runs and scales in the file that holds `member`, beside its header and the weights themselves.
std::size_t overhead_bytes(const Member& member);

}  // namespace dyce
