// ONNX files (operator sets 6 to 25) as graphs. Stateless functions.
#pragma once

#include "graph/graph.h"

#include <map>
#include <string>
#include <vector>

namespace dyce {

struct OnnxOptions {
    /// Graph inputs that become constants before anything else happens, by name.
    std::map<std::string, Tensor> bindings;
    /// Shape of one image (C x H x W) for an input whose dimensions the file leaves open; the whole shape
    /// when not batched.
    std::vector<std::int64_t> input_shape;
    /// Whether the first dimension of inputs and outputs counts images. When false, shapes are taken as
    /// they stand (raw operator tests).
    bool batched = true;
    /// Whether an input of uint8 becomes float32 with the same values.
    bool accept_bytes = false;
};

/// What the graph does not tell.
struct OnnxFacts {
    bool takes_bytes = false;  ///< an input was declared as uint8
};

/// Reads, checks and translates a file; the graph is simplified. All graph outputs are kept, in file order.
/// Throws Error{kIo}; Error{kResource} over a limit; Error{kUsage} for options that do not fit the file; and
/// Error{kContent}, naming the node or tensor: operators that are not implemented are listed all at once.
Graph import_onnx(const std::string& path, const OnnxOptions& options = {}, OnnxFacts* facts = nullptr);

struct OnnxInput {
    std::string name;
    TensorType type;         ///< open dimensions are -1; rank 0 when the file does not say
    bool parameter = false;  ///< read where dyce needs a constant (weights, shapes, axes): bind it
};

/// The file's graph inputs that are not initializers.
std::vector<OnnxInput> onnx_inputs(const std::string& path);

/// One TensorProto file (.pb), as ONNX's node tests store inputs and outputs; `name` receives its name.
Tensor read_tensor_proto(const std::string& path, std::string* name = nullptr);

}  // namespace dyce
