// How many workers of one thread each go through a list. A function.
#pragma once

#include "runtime/core/threads.h"

#include <algorithm>
#include <cstddef>

namespace dyce {

/// Memory that all workers take together.
inline constexpr std::size_t kWorkersBytes = std::size_t{1} << 30;

/// `threads` (0 = all this process may use), but no more than there are items, nor than kWorkersBytes hold at
/// `bytes_per_worker`; >= 1.
inline int worker_count(int threads, std::size_t items, std::size_t bytes_per_worker) {
    const auto wanted = static_cast<std::size_t>(threads > 0 ? threads : available_threads());
    const std::size_t fitting = kWorkersBytes / std::max<std::size_t>(bytes_per_worker, 1);
    return static_cast<int>(std::max<std::size_t>(std::min({wanted, items, fitting}), 1));
}

}  // namespace dyce
