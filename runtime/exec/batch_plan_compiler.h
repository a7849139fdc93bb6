// Turns nodes into steps: the Lowering that operators talk to. Lives while one batch plan is compiled.
#pragma once

#include "graph/exits/interleave.h"
#include "graph/graph.h"
#include "runtime/core/file_mapping.h"
#include "runtime/core/precision.h"
#include "runtime/exec/batch_plan.h"
#include "runtime/exec/weights_store.h"

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dyce {

/// What all batch sizes of a model share while it is compiled.
struct CompileState {
    const Graph& graph;
    const std::vector<StageNodes>& parts;
    dnnl::engine engine;
    WeightsStore& weights;
    std::vector<std::string>& implementations;  ///< per node, chosen at the first batch size
    Precision precision;
    int planned_rows;     ///< what rows_of(the goal) gives
    bool prefers_blocks;  ///< whether most layers are at their best with channels in blocks
    bool reference_kernels;
    bool saves_memory;
    const FileMapping* mapping;  ///< that constants are views of; may be null
};

/// Compiles all nodes of the graph for `batch` images; nothing where a node could not compute a row as it
/// does at the first batch size. Throws Error.
std::optional<BatchPlan> compile_batch_plan(const CompileState& state, std::int64_t batch);

}  // namespace dyce
