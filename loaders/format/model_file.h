// The model file: one .safetensors with graph, preprocessing and labels in its metadata
// (docs/model-format.md).
#pragma once

#include "graph/graph.h"
#include "graph/verify.h"
#include "loaders/format/safetensors.h"
#include "loaders/image/preprocess.h"

#include <memory>
#include <string>
#include <vector>

namespace dyce {

/// Everything a model file holds. A plain value; once loaded it is shared read-only.
struct ModelData {
    std::string architecture;  ///< "resnet50", or the name of the imported file
    Graph graph;               ///< constants are views of the mapped file
    Preprocess preprocess;
    std::vector<std::string> labels;  ///< empty: classes have no names
    /// Of the network as it was imported: folding batch norms loses some. Stored in the file.
    std::int64_t parameters = 0;

    // Computed by load_model().
    std::string digest;  ///< of graph and weights
    std::string preprocess_digest;
    std::int64_t macs = 0;  ///< multiply-adds of one picture
    int classes = 0;        ///< size of the first output
};

struct ModelLimits {
    SafetensorsLimits container;
    GraphLimits graph;
};

/// Maps `path` and checks everything. Throws Error{kIo, kContent, kResource} naming the file and the field.
std::shared_ptr<const ModelData> load_model(const std::string& path, const ModelLimits& limits = {});

/// Writes `model` atomically; what load_model() computes is ignored in `model`. The graph is as simplify()
/// leaves it. Throws Error{kIo}, and Error{kContent, kResource} for what load_model() would refuse.
void save_model(const std::string& path, const ModelData& model);

}  // namespace dyce
