// Translates a checked ONNX model node by node. Stateless.
#pragma once

#include "graph/graph.h"
#include "loaders/import/onnx/onnx_model.h"

namespace dyce {

/// The graph of `model`, for inputs whose open first dimension is `batch` when options.batched; not yet
/// simplified. Throws as import_onnx() does.
Graph translate(const OnnxModel& model, const OnnxOptions& options, std::int64_t batch);

}  // namespace dyce
