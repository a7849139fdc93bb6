// A network compiled for one batch size: its steps, part by part, and the memory they need.
// Immutable once compiled; execution contexts bind it to memory of their own.
#pragma once

#include "ops/lowering/lowering.h"

#include <cstddef>
#include <string>
#include <vector>

namespace dyce {

/// Memory named by a step. Either data kept elsewhere, or a place in the arena that several descriptors may
/// share.
struct PlanBuffer {
    MemoryDesc desc;
    int root = -1;  ///< the buffer whose bytes these are; itself for one of its own
    /// Roots only: data that lives with the model, or with whoever trains it and lets steps write to it.
    const void* outside = nullptr;
    std::size_t offset = 0;  ///< in the arena, planned after all steps are known
};

struct Step {
    int node = -1;            ///< index in the compiled graph; -1: a re-order of outputs
    std::string description;  ///< "conv1: Conv, jit:avx512_core, acdb -> aBcd16b"
    bool is_reorder = false;
    bool parts_wait = true;     ///< onednn::parts_wait()
    dnnl::primitive primitive;  ///< empty when `loop` is set
    Loop loop;
    std::vector<int> keys;  ///< DNNL_ARG_.. of each buffer; empty for loops
    std::vector<int> buffers;
};

/// Memory that outlives the end of a backbone part: where the rows of the images still on their way lie.
struct Carry {
    int buffer = -1;
    MemoryDesc desc;            ///< how the bytes are laid out
    std::size_t row_bytes = 0;  ///< of one image; 0 = images do not lie one after another
    float scale = 1;            ///< of integers that stand for numbers: number = scale * integer
};

/// The steps of one part.
struct Stage {
    int head = -1;  ///< -1: backbone
    std::size_t begin = 0, end = 0;
    std::vector<Carry> carries;  ///< of a backbone part that heads follow
    std::size_t first_feed =
        0;  ///< of a backbone part: the steps from here on make what later heads of chains read
};

/// The caller reads or writes the buffer while the step runs, or right before or after it.
struct CallerUse {
    int buffer;
    int step;
};

struct BatchPlan {
    std::int64_t batch = 1;
    std::vector<PlanBuffer> buffers;
    std::vector<Step> steps;
    std::vector<Stage> parts;  ///< together all steps, in order
    std::vector<int> inputs;   ///< buffers the caller fills, row-major
    /// Buffers the caller reads, row-major: a head's right after its part, the others at the end.
    std::vector<int> outputs;
    std::vector<TensorType> input_types, output_types;
    std::vector<CallerUse> uses;
    std::size_t arena_bytes = 0;
};

}  // namespace dyce
