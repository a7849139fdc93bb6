#include "graph/interpreter.h"

#include "ops/lowering/post_ops.h"

#include <dyce/error.h>

namespace dyce {

std::vector<Tensor> interpret(const Node& node, const std::vector<Tensor>& inputs) {
    std::vector<TensorView> views;
    for (const Tensor& input : inputs) views.push_back(view_of(input));
    const auto own = std::span(views).first(node.own_inputs().size());
    std::vector<TensorType> types;
    for (const TensorView& view : own) types.push_back({view.dtype, view.shape});

    const OpCall call = call_of(node, types);
    std::vector<Tensor> outputs;
    std::vector<MutableTensorView> output_views;
    for (const TensorType& type : checked_infer(*node.spec, call)) {
        if (outputs.size() == node.outputs.size()) break;
        outputs.emplace_back(type.dtype, type.shape);
        output_views.push_back(mutable_view_of(outputs.back()));
    }
    node.spec->reference(call, own, output_views);
    ops::apply_post_ops(call, views, output_views[0]);
    return outputs;
}

std::vector<Tensor> interpret(const Graph& graph, const std::vector<Tensor>& inputs) {
    if (inputs.size() != graph.inputs.size())
        throw Error(
            ErrorCode::kUsage, "graph inputs",
            std::to_string(inputs.size()) + " given, expected " + std::to_string(graph.inputs.size()));
    std::vector<Tensor> values(graph.values.size());
    for (std::size_t i = 0; i < graph.values.size(); ++i)
        if (graph.values[i].constant) values[i] = *graph.values[i].constant;
    for (std::size_t i = 0; i < inputs.size(); ++i)
        values[static_cast<std::size_t>(graph.inputs[i].value)] = inputs[i];

    auto uses = count_uses(graph);
    for (const Node& node : graph.nodes) {
        std::vector<Tensor> arguments;
        for (ValueId id : node.inputs) arguments.push_back(values[static_cast<std::size_t>(id)]);
        auto results = interpret(node, arguments);
        for (std::size_t i = 0; i < results.size(); ++i)
            values[static_cast<std::size_t>(node.outputs[i])] = std::move(results[i]);
        for (ValueId id : node.inputs)  // the last reader frees the value
            if (--uses[static_cast<std::size_t>(id)] == 0) values[static_cast<std::size_t>(id)] = Tensor();
    }
    std::vector<Tensor> outputs;
    for (ValueId id : graph.outputs) outputs.push_back(values[static_cast<std::size_t>(id)]);
    return outputs;
}

}  // namespace dyce
