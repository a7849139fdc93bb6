// A network as data: values and nodes in vectors, named by integer ids, nodes in execution order.
// A plain value; a finished graph is shared read-only.
#pragma once

#include "ops/spec/op.h"
#include "ops/spec/quantization.h"

#include <dyce/tensor.h>

#include <optional>
#include <span>
#include <string>
#include <vector>

namespace dyce {

using ValueId = int;
using NodeId = int;

struct Value {
    std::string name;                ///< unique within the graph
    std::optional<Tensor> constant;  ///< set for weights and other constants
    /// How convolutions of integers take and leave it; measured by `dyce quantize`.
    std::optional<Quantization> quantization = {};
};

/// One operator at work. `inputs` holds the operator's own inputs, then the operands of its post-ops in
/// order.
struct Node {
    const OpSpec* spec = nullptr;
    std::string name;
    Attributes attributes;
    std::vector<ValueId> inputs;
    std::vector<ValueId> outputs;
    std::vector<PostOp> post_ops;

    /// Inputs of the operator itself, without the operands of post-ops.
    std::span<const ValueId> own_inputs() const;
};

struct GraphInput {
    ValueId value;
    TensorType type;  ///< for one image: the first dimension is 1 when the graph is batched
};

struct Graph {
    std::vector<Value> values;
    std::vector<Node> nodes;
    std::vector<GraphInput> inputs;
    std::vector<ValueId> outputs;  ///< the classifier's logits first
    /// Whether the first dimension of every input and output counts images.
    bool batched = true;

    Value& value(ValueId id) { return values[static_cast<std::size_t>(id)]; }
    const Value& value(ValueId id) const { return values[static_cast<std::size_t>(id)]; }
    /// Adds a value and returns its id.
    ValueId add_value(std::string name, std::optional<Tensor> constant = {});
};

/// Type of every value, by id, for `batch` images (1 when the graph is not batched).
/// Throws Error{kContent} at the node whose inputs do not fit.
std::vector<TensorType> infer_types(const Graph& graph, std::int64_t batch = 1);

/// Types of a node's own inputs, looked up in the result of infer_types().
std::vector<TensorType> own_input_types(const Node& node, std::span<const TensorType> types);
/// The node as its operator's functions see it; the arguments must outlive the result.
OpCall call_of(const Node& node, std::span<const TensorType> own_inputs);

/// Multiply-adds of each node for one image (docs/method.md, "Multiply-adds"); none where no input of the
/// graph is involved, because that is computed once.
std::vector<std::int64_t> macs_by_node(const Graph& graph);
/// Their sum. Throws Error{kContent} when the sum overflows.
std::int64_t count_macs(const Graph& graph);
/// Elements of all float32 constants but the running statistics of batch norms, as the literature counts.
std::int64_t count_parameters(const Graph& graph);

/// Per value: how many nodes and graph outputs read it.
std::vector<int> count_uses(const Graph& graph);
/// Per value: the node that makes it, -1 for inputs and constants.
std::vector<NodeId> find_producers(const Graph& graph);
/// Per node: whether `value` cannot be computed without it.
std::vector<bool> find_needed_nodes(const Graph& graph, ValueId value);

}  // namespace dyce
