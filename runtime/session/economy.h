// How a model is compiled so that it fits into so much memory: what is given up for that, in turn
// (docs/decisions/0029-memory-is-tried-dry.md). Functions.
#pragma once

#include "runtime/session/memory_use.h"

#include <dyce/engine_options.h>

#include <cstddef>
#include <memory>

namespace dyce {

/// What is given up.
enum class Economy {
    kNone,
    kBatches,  ///< images are computed one by one
    kKernels,  ///< and by no kernels whose weights take more memory than others'
    kHeads,    ///< and without the heads and members that the model's own configurations do without
};

struct CompiledForMemory {
    Economy economy = Economy::kNone;
    std::shared_ptr<const ModelData> model;  ///< as it was given, but perhaps for its heads
    CompiledMembers members;
    int max_batch = 1;
};

/// The first economy that fits options.max_memory; without a limit none. What does not fit is never compiled but
/// dry: it takes no memory. Throws as CompiledModel::compile(), and Error{kResource} naming the least that is
/// possible.
CompiledForMemory compile_for_memory(const std::shared_ptr<const ModelData>& model,
                                     const EngineOptions& options, int concurrent);

}  // namespace dyce
