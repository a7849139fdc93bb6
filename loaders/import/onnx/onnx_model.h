// An ONNX file as plain data: checked, put into execution order, its tensors decoded. A value.
#pragma once

#include "loaders/import/onnx/graph_writer.h"
#include "loaders/import/onnx/onnx_import.h"
#include "ops/spec/attributes.h"

#include <dyce/tensor.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace dyce {

struct OnnxBranch;

struct OnnxNode {
    std::string op;
    std::string name;                       ///< the first output's where the file gives none
    std::vector<std::string> inputs;        ///< "" = left out; never the last one
    std::vector<std::string> outputs;       ///< likewise
    std::set<std::string> attribute_names;  ///< all that the file gives, of whatever kind
    Attributes attributes;                  ///< those of numbers and strings
    std::map<std::string, Tensor> tensors;  ///< those of tensors
    std::map<std::string, std::shared_ptr<const OnnxBranch>> branches;  ///< those of graphs
    std::set<std::string> captured;  ///< values outside that the branches read
};

/// One branch of an If: nodes in file order, which read each other and values outside.
struct OnnxBranch {
    std::vector<OnnxNode> nodes;
    std::map<std::string, Tensor> constants;
    std::vector<std::string> outputs;
};

/// "Conv 'stem'", for messages.
std::string describe(const OnnxNode& node);

struct OnnxModel {
    std::string path;
    int opset = 0;
    std::vector<OnnxNode> nodes;              ///< every node after those it reads
    std::map<std::string, Tensor> constants;  ///< initializers
    /// What the file's types hold, of constants whose integers were widened.
    std::map<std::string, IntegerRange> integer_ranges;
    std::vector<OnnxInput> inputs;  ///< without initializers
    std::vector<std::string> outputs;
};

/// Reads a file. Throws as import_onnx() does for everything but the meaning of the nodes; those that have no
/// conversion are listed all at once.
OnnxModel read_onnx_model(const std::string& path);

}  // namespace dyce
