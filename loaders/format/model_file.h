// The model file: one .safetensors with graph, exits, preprocessing and labels in its metadata
// (docs/model-format.md).
#pragma once

#include "graph/exits/exits.h"
#include "graph/graph.h"
#include "graph/verify.h"
#include "loaders/format/decode_tensors.h"
#include "loaders/format/output_activation.h"
#include "loaders/format/safetensors.h"
#include "loaders/format/tensor_encoding.h"
#include "loaders/image/preprocess.h"
#include "runtime/core/precision.h"

#include <dyce/configuration.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dyce {

/// One network with its exits and the recipe that prepares images for it.
struct Member {
    std::string architecture;  ///< "resnet50", or the name of the imported file
    Graph graph;               ///< constants are views of the mapped file
    ExitTable exits;           ///< load_model() fills in what follows from names
    Preprocess preprocess;
    OutputActivation activation = OutputActivation::kSoftmax;  ///< of the logits of classifier and heads
    /// How the file holds weights (is_weight()): as bfloat16, to which save_model() rounds them, at half the
    /// size.
    Precision storage = Precision::kFloat32;
    /// Tensors that the file holds otherwise, by name; names of others are ignored.
    TensorStorages storages;
    double gate_threshold = kGateThreshold;  ///< tau of its gates, 0 to 1; without gates ignored
    /// Of the backbone as it was imported: folding batch norms loses some. Stored in the file.
    std::int64_t parameters = 0;

    // Computed by load_model().
    std::string digest;  ///< of graph, exits, variant, outputs and weights
    std::string preprocess_digest;
    std::int64_t macs = 0;  ///< multiply-adds of one image through the backbone
};

/// Everything a model file holds. A plain value; once loaded it is shared read-only.
struct ModelData {
    std::vector<Member> members;                     ///< of a cascade, small to big; else one
    std::vector<std::string> labels;                 ///< empty: classes have no names
    std::optional<ConfigurationSet> configurations;  ///< stored with the model

    // Computed by load_model().
    std::string digest;  ///< of a single member that member's own
    std::string preprocess_digest;
    int classes = 0;  ///< size of the first output
    /// The file that constants are views of; null when they are not. Whoever has a copy of a constant may
    /// give its pages back.
    std::shared_ptr<const FileMapping> mapping;

    /// The member that answers when no exit fires.
    const Member& last() const { return members.back(); }
    /// Where images may leave, through all members; the final exit last.
    std::vector<ExitSite> positions() const;
};

struct ModelLimits {
    SafetensorsLimits container;
    DecodingLimits decoding;
    GraphLimits graph;
};

/// Maps `path` and checks everything. Throws Error{kIo, kContent, kResource} naming the file and the field.
std::shared_ptr<const ModelData> load_model(const std::string& path, const ModelLimits& limits = {});

/// The same of a container that is open already.
std::shared_ptr<const ModelData> load_model(const Safetensors& file, const ModelLimits& limits = {});

/// What save_model() would write: the exact sizes. Throws as it does, but for Error{kIo}.
ContainerSize size_of_model(const ModelData& model);

/// Writes `model` atomically; what load_model() computes is ignored in `model`. Graphs are as simplify()
/// leaves them. Throws Error{kIo}, and Error{kContent, kResource} for what load_model() would refuse.
void save_model(const std::string& path, const ModelData& model);

}  // namespace dyce
