// ONNX files (operator sets 6 to 25) as graphs.
#pragma once

#include "graph/graph.h"

#include <map>
#include <string>
#include <vector>

namespace dyce {

struct OnnxOptions {
    /// Graph inputs that become constants before anything else happens, by name.
    std::map<std::string, Tensor> bindings;
    /// Shape of one picture (C x H x W) for an input whose dimensions the file leaves open.
    std::vector<std::int64_t> input_shape;
    /// Whether the first dimension of inputs and outputs counts pictures. When false, shapes are taken as
    /// they stand (raw operator tests).
    bool batched = true;
};

/// Reads, checks and translates a file; the result is not simplified yet. All graph outputs are kept, in file
/// order.
/// Throws Error{kIo, kContent, kResource}; operators that are not implemented are listed all at once.
Graph import_onnx(const std::string& path, const OnnxOptions& options = {});

/// Names and types of the file's graph inputs that are not initializers; open dimensions are -1.
std::vector<std::pair<std::string, TensorType>> onnx_inputs(const std::string& path);

/// One TensorProto file (.pb), as ONNX's node tests store inputs and outputs; `name` receives its name.
Tensor read_tensor_proto(const std::string& path, std::string* name = nullptr);

}  // namespace dyce
