// A compiled segment: the steps that compute a run of nodes for one batch size, and the memory they need.
// Immutable once compiled; execution contexts bind it to memory of their own.
#pragma once

#include "ops/lowering.h"

#include <cstddef>
#include <string>
#include <vector>

namespace dyce {

/// Memory named by a step. Either constant data, or a place in the arena that several descriptors may share.
struct SegmentBuffer {
    MemoryDesc desc;
    int root = -1;                   ///< the buffer whose bytes these are; itself for one of its own
    const void* constant = nullptr;  ///< roots only: data that lives with the model
    std::size_t offset = 0;          ///< in the arena, planned after all steps are known
};

struct Step {
    int node = -1;            ///< index in the compiled graph; -1: a re-order of outputs
    std::string description;  ///< "conv1: Conv, jit:avx512_core, acdb -> aBcd16b"
    bool is_reorder = false;
    dnnl::primitive primitive;  ///< empty when `loop` is set
    Loop loop;
    std::vector<int> keys;  ///< DNNL_ARG_.. of each buffer; empty for loops
    std::vector<int> buffers;
};

struct Segment {
    std::vector<SegmentBuffer> buffers;
    std::vector<Step> steps;
    std::vector<int> inputs;   ///< buffers the caller fills, row-major
    std::vector<int> outputs;  ///< buffers the caller reads, row-major
    std::vector<TensorType> input_types, output_types;
    std::size_t arena_bytes = 0;
};

}  // namespace dyce
