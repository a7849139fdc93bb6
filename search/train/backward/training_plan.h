// A network compiled for training at one batch size: forward, then backward, over one planned arena; what is
// trained lies outside it. A value; the run is bound to memory by NetworkRun.
#pragma once

#include "search/train/backward/tape.h"

#include <vector>

namespace dyce {

struct TrainingPlan {
    BatchPlan batch_plan;  ///< parts: forward, backward; inputs row-major; outputs: all logits, row-major
    std::vector<int> output_gradients;  ///< buffers, row-major: the caller fills them between the parts
    std::vector<int> input_gradients;   ///< buffers, row-major; only when asked for
    std::vector<TrainedConstant> constants;
};

struct TrainingPlanOptions {
    Precision precision = Precision::kFloat32;  ///< of convolutions, and of values until something adds up
    bool towards_inputs = false;                ///< gradients of the graph's inputs, too
};

/// `graph` is as training wants it: batch norms are nodes of their own, nothing is fused.
/// Throws Error{kContent} at the first node that cannot be trained, Error{kResource} over the memory limit,
/// Error{kUsage} when the processor is not made for the precision.
TrainingPlan compile_training(const Graph& graph, std::int64_t batch, const dnnl::engine& engine,
                              const TrainingPlanOptions& options = {});

}  // namespace dyce
