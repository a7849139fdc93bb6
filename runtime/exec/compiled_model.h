// What CompiledModel::compile makes: one segment per batch size over shared weights. Immutable.
#pragma once

#include "runtime/exec/executor.h"
#include "runtime/exec/interleave.h"
#include "runtime/exec/segment.h"
#include "runtime/exec/weights_store.h"

namespace dyce {

struct CompiledModel::Data {
    CompileOptions options;
    InterleavedGraph network;  ///< fused; keeps the constants alive
    dnnl::engine engine;
    std::unique_ptr<WeightsStore> weights;
    std::vector<Segment> segments;  ///< rising batch sizes; a single one when the graph is not batched

    /// The smallest segment that takes `rows`.
    std::size_t bucket(int rows) const;
    /// Throws Error{kUsage} unless 1 <= rows <= max_batch.
    void check_rows(int rows) const;
};

}  // namespace dyce
