// Where the temporaries of a run live inside one block of memory. A pure function; free to call anywhere.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace dyce {

/// A buffer needed from step `first_use` to step `last_use`, both included.
struct BufferRequest {
    std::size_t size;  ///< bytes; 0 takes no room
    int first_use;
    int last_use;
};

struct MemoryPlan {
    std::vector<std::size_t> offsets;  ///< one per request, multiples of kAlignment
    std::size_t total = 0;             ///< bytes of the whole block, a multiple of kAlignment
};

/// Throws Error{kInternal} when a request ends before it begins, Error{kResource} when sizes overflow.
MemoryPlan plan_memory(std::span<const BufferRequest> requests);

}  // namespace dyce
