// The model file: one .safetensors with graph, preprocessing and labels in its metadata
// (docs/model-format.md).
#pragma once

#include "graph/graph.h"
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
    std::string digest;               ///< of graph and weights
    std::string preprocess_digest;
};

/// Maps `path` and checks everything. Throws Error{kIo, kContent, kResource} naming the file and the field.
std::shared_ptr<const ModelData> load_model(const std::string& path);

/// Writes `model` atomically; digests are computed, those in `model` are ignored.
void save_model(const std::string& path, const ModelData& model);

}  // namespace dyce
