// How a network is computed: what a Session and the workers of a Scheduler have in common. A plain value.
#pragma once

#include <dyce/policy.h>

#include <cstddef>
#include <memory>
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
    /// Bytes that running the network may take at most, as Session::memory_use() counts them; 0 = as many as
    /// are quickest. What takes less is tried in turn: batches of one image, kernels that need less memory, and
    /// only the members and heads of the configuration set stored with the model. Error{kResource} names the
    /// least that is possible.
    std::size_t max_memory = 0;
    /// Energy that images are computed on: asked between stages, by one thread at a time, and then an image
    /// leaves that could not be answered behind the next one. One that could not be answered at all is not
    /// begun: its Prediction::error says so. Null = energy is not asked about. Needs `energy_costs`.
    std::shared_ptr<EnergyStore> energy = {};
    StageCosts energy_costs = {};  ///< in joules
    /// Milliseconds that ClassifyOptions::budget_ms is counted in, such as the medians of `dyce bench --segments`;
    /// empty where nobody asks.
    StageCosts stage_ms = {};
};

}  // namespace dyce
