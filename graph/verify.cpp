#include "graph/verify.h"

#include "runtime/core/checked.h"
#include "runtime/core/fail.h"

#include <dyce/error.h>

#include <unordered_set>

namespace dyce {
namespace {

void check_names(const Graph& graph) {
    std::unordered_set<std::string> seen;
    for (const Value& value : graph.values) {
        if (value.name.empty()) fail_content("graph", "a value has no name");
        if (!seen.insert(value.name).second) fail_content(value.name, "two values have this name");
    }
}

void check_operands(const Node& node) {
    auto next = static_cast<int>(node.own_inputs().size());
    for (const PostOp& op : node.post_ops)
        if (op.operand >= 0 && op.operand != next++)
            fail_content(node.name, "operands of post-ops are out of order");
}

// Every value is defined once, before it is read.
void check_order(const Graph& graph) {
    const auto count = static_cast<ValueId>(graph.values.size());
    std::vector<bool> defined(graph.values.size(), false);
    const auto define = [&](ValueId id, const std::string& where) {
        if (id < 0 || id >= count) fail_content(where, "value id " + std::to_string(id) + " is out of range");
        if (defined[static_cast<std::size_t>(id)]) fail_content(graph.value(id).name, "is made twice");
        defined[static_cast<std::size_t>(id)] = true;
    };
    const auto read = [&](ValueId id, const std::string& where) {
        if (id < 0 || id >= count) fail_content(where, "value id " + std::to_string(id) + " is out of range");
        if (!defined[static_cast<std::size_t>(id)])
            fail_content(where, "reads " + graph.value(id).name + " before it is made");
    };
    for (ValueId id = 0; id < count; ++id)
        if (graph.value(id).constant) define(id, "graph");
    for (const GraphInput& input : graph.inputs) define(input.value, "graph input");
    for (const Node& node : graph.nodes) {
        if (node.spec == nullptr) fail_content(node.name, "has no operator");
        check_operands(node);
        for (ValueId id : node.inputs) read(id, node.name);
        for (ValueId id : node.outputs) define(id, node.name);
    }
    if (graph.outputs.empty()) fail_content("graph", "has no output");
    for (ValueId id : graph.outputs) read(id, "graph output");
}

void check_batch(const Graph& graph) {
    for (const GraphInput& input : graph.inputs)
        if (input.type.shape.rank() == 0 || input.type.shape[0] != 1)
            fail_content(graph.value(input.value).name, "shape " + input.type.shape.to_string() +
                                                            " does not start with a batch dimension of 1");
    const auto types = infer_types(graph, 3);
    for (ValueId id : graph.outputs) {
        const Shape& shape = types[static_cast<std::size_t>(id)].shape;
        if (!graph.value(id).constant && (shape.rank() == 0 || shape[0] != 3))
            fail_content(graph.value(id).name,
                         "does not grow with the batch: a batch of 3 gives " + shape.to_string());
    }
}

void check_activations(const Graph& graph, const GraphLimits& limits) {
    const auto types = infer_types(graph);
    std::int64_t total = 0;
    for (std::size_t i = 0; i < types.size(); ++i) {
        if (graph.values[i].constant) continue;
        std::int64_t bytes = 0;
        const bool fits = checked_multiply(types[i].shape.elements(),
                                           static_cast<std::int64_t>(size_of(types[i].dtype)), &bytes) &&
                          checked_add(total, bytes, &total);
        if (!fits || total > limits.activation_bytes)
            throw Error(
                ErrorCode::kResource, graph.values[i].name,
                "activations exceed the limit of " + std::to_string(limits.activation_bytes) + " bytes");
    }
}

}  // namespace

void verify(const Graph& graph, const GraphLimits& limits) {
    if (static_cast<std::int64_t>(graph.nodes.size()) > limits.nodes)
        throw Error(
            ErrorCode::kResource, "graph",
            std::to_string(graph.nodes.size()) + " nodes, the limit is " + std::to_string(limits.nodes));
    check_names(graph);
    check_order(graph);
    check_activations(graph, limits);
    if (graph.batched) check_batch(graph);
    (void)count_macs(graph);
}

}  // namespace dyce
