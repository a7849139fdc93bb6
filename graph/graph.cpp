#include "graph/graph.h"

#include "runtime/core/checked.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {

std::span<const ValueId> Node::own_inputs() const {
    const auto operands =
        std::count_if(post_ops.begin(), post_ops.end(), [](const PostOp& op) { return op.operand >= 0; });
    return std::span(inputs).first(inputs.size() - static_cast<std::size_t>(operands));
}

ValueId Graph::add_value(std::string name, std::optional<Tensor> constant) {
    values.push_back({std::move(name), std::move(constant)});
    return static_cast<ValueId>(values.size()) - 1;
}

std::vector<TensorType> own_input_types(const Node& node, std::span<const TensorType> types) {
    std::vector<TensorType> result;
    for (ValueId id : node.own_inputs()) result.push_back(types[static_cast<std::size_t>(id)]);
    return result;
}

OpCall call_of(const Node& node, std::span<const TensorType> own_inputs) {
    return {.where = node.name,
            .attributes = node.attributes,
            .inputs = own_inputs,
            .output_count = static_cast<int>(node.outputs.size()),
            .post_ops = node.post_ops};
}

std::vector<TensorType> infer_types(const Graph& graph, std::int64_t batch) {
    std::vector<TensorType> types(graph.values.size());
    for (std::size_t i = 0; i < graph.values.size(); ++i)
        if (graph.values[i].constant) types[i] = graph.values[i].constant->type();
    for (const GraphInput& input : graph.inputs) {
        TensorType type = input.type;
        if (graph.batched) type.shape[0] = batch;
        types[static_cast<std::size_t>(input.value)] = type;
    }
    for (const Node& node : graph.nodes) {
        const auto inputs = own_input_types(node, types);
        const auto outputs = checked_infer(*node.spec, call_of(node, inputs));
        for (std::size_t i = 0; i < node.outputs.size(); ++i)
            types[static_cast<std::size_t>(node.outputs[i])] = outputs.at(i);
    }
    return types;
}

std::vector<std::int64_t> macs_by_node(const Graph& graph) {
    const auto types = infer_types(graph);
    std::vector<std::int64_t> macs(graph.nodes.size(), 0);
    std::vector<bool> varies(graph.values.size(), false);  // with the image
    for (const GraphInput& input : graph.inputs) varies[static_cast<std::size_t>(input.value)] = true;
    for (std::size_t n = 0; n < graph.nodes.size(); ++n) {
        const Node& node = graph.nodes[n];
        if (std::none_of(node.inputs.begin(), node.inputs.end(),
                         [&](ValueId id) { return varies[static_cast<std::size_t>(id)]; }))
            continue;
        for (ValueId id : node.outputs) varies[static_cast<std::size_t>(id)] = true;
        if (node.spec->macs == nullptr) continue;
        const auto inputs = own_input_types(node, types);
        macs[n] = node.spec->macs(call_of(node, inputs));
    }
    return macs;
}

std::int64_t count_macs(const Graph& graph) {
    const auto macs = macs_by_node(graph);
    std::int64_t total = 0;
    for (std::size_t n = 0; n < macs.size(); ++n)
        if (!checked_add(total, macs[n], &total))
            throw Error(ErrorCode::kContent, graph.nodes[n].name,
                        "the network's multiply-adds overflow 63 bits");
    return total;
}

std::int64_t count_parameters(const Graph& graph) {
    std::vector<bool> counted(graph.values.size(), true);
    for (const Node& node : graph.nodes)
        if (node.spec->name == "BatchNormalization")
            for (std::size_t i = 3; i < node.inputs.size(); ++i)
                counted[static_cast<std::size_t>(node.inputs[i])] = false;
    std::int64_t total = 0;
    for (std::size_t i = 0; i < graph.values.size(); ++i) {
        const auto& constant = graph.values[i].constant;
        if (counted[i] && constant && constant->dtype() == DataType::kFloat32) total += constant->elements();
    }
    return total;
}

std::vector<int> count_uses(const Graph& graph) {
    std::vector<int> uses(graph.values.size(), 0);
    for (const Node& node : graph.nodes)
        for (ValueId id : node.inputs) ++uses[static_cast<std::size_t>(id)];
    for (ValueId id : graph.outputs) ++uses[static_cast<std::size_t>(id)];
    return uses;
}

std::vector<NodeId> find_producers(const Graph& graph) {
    std::vector<NodeId> producers(graph.values.size(), -1);
    for (std::size_t n = 0; n < graph.nodes.size(); ++n)
        for (ValueId id : graph.nodes[n].outputs)
            producers[static_cast<std::size_t>(id)] = static_cast<NodeId>(n);
    return producers;
}

std::vector<bool> find_needed_nodes(const Graph& graph, ValueId value) {
    const auto producers = find_producers(graph);
    std::vector<bool> needed(graph.nodes.size(), false);
    const auto need = [&](ValueId id) {
        const NodeId producer = producers[static_cast<std::size_t>(id)];
        if (producer >= 0) needed[static_cast<std::size_t>(producer)] = true;
    };
    need(value);
    for (std::size_t n = graph.nodes.size(); n-- > 0;)
        if (needed[n]) std::for_each(graph.nodes[n].inputs.begin(), graph.nodes[n].inputs.end(), need);
    return needed;
}

}  // namespace dyce
