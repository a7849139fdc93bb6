// How a network is computed: what a Session and the workers of a Scheduler have in common. A plain value.
#pragma once

#include <string>
#include <vector>

namespace dyce {

struct EngineOptions {
    int threads = 0;                 ///< compute threads of each batch; 0 = all this process may use
    int max_batch = 1;               ///< images computed together at most
    std::string precision = "f32";   ///< or "bf16"; "int8" if the model was quantised
    std::string plan = "";           ///< older name of `tune`, until 0.3; two different values: Error{kUsage}
    bool reference_kernels = false;  ///< plain loops instead of oneDNN: slow, for checking
    /// "latency", also when empty, or "throughput": kernels for big batches, see docs/performance.md.
    std::string tune = "";
    /// Sites whose features answers bring along (Prediction::features): 0 to Model::sites() - 1, each once.
    /// Error{kUsage} for others, for the classifiers of members and for sites without a head, where no stage
    /// ends. None costs nothing.
    std::vector<int> features = {};
};

}  // namespace dyce
