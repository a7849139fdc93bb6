// What memory running a network takes, part by part. A plain value.
#pragma once

#include <cstddef>

namespace dyce {

/// Bytes. What oneDNN holds for its own code and objects is no part of it, nor are images that are decoded.
struct MemoryUse {
    std::size_t weights = 0;   ///< of the model, read where they lie, in memory or in the mapped file
    std::size_t packed = 0;    ///< weights once more, in the layouts that kernels ask for
    std::size_t arena = 0;     ///< activations and scratch memory, of all batches at a time
    std::size_t carries = 0;   ///< for rows that move to another batch size
    std::size_t progress = 0;  ///< of a file that keeps the progress (dyce classify --progress)

    std::size_t total() const { return weights + packed + arena + carries + progress; }
};

}  // namespace dyce
