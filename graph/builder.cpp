#include "graph/builder.h"

#include <dyce/error.h>

namespace dyce {

ValueId GraphBuilder::add_typed_value(const std::string& name, const TensorType& type,
                                      std::optional<Tensor> constant) {
    types_.push_back(type);
    return graph_.add_value(name, std::move(constant));
}

ValueId GraphBuilder::input(const std::string& name, TensorType type) {
    const ValueId id = add_typed_value(name, type);
    graph_.inputs.push_back({id, std::move(type)});
    return id;
}

ValueId GraphBuilder::constant(const std::string& name, Tensor value) {
    const TensorType type = value.type();
    return add_typed_value(name, type, std::move(value));
}

ValueId GraphBuilder::add(std::string_view op, std::vector<ValueId> inputs, Attributes attributes,
                          const std::string& name) {
    const OpSpec* spec = find_op(op);
    if (spec == nullptr) spec = find_op(op, "dyce");
    if (spec == nullptr) throw Error(ErrorCode::kContent, name, "unknown operator " + std::string(op));
    const std::string unique =
        name.empty() ? std::string(op) + "_" + std::to_string(graph_.nodes.size()) : name;
    return add_many(*spec, std::move(inputs), std::move(attributes), unique, {unique})[0];
}

std::vector<ValueId> GraphBuilder::add_many(const OpSpec& spec, std::vector<ValueId> inputs,
                                            Attributes attributes, const std::string& name,
                                            const std::vector<std::string>& outputs) {
    Node node{&spec, name, std::move(attributes), std::move(inputs), {}, {}};
    node.outputs.resize(outputs.size());  // their count is part of the call
    const auto input_types = own_input_types(node, types_);
    const auto types = checked_infer(spec, call_of(node, input_types));
    for (std::size_t i = 0; i < outputs.size(); ++i)
        node.outputs[i] = add_typed_value(outputs[i], types.at(i));
    graph_.nodes.push_back(node);
    return node.outputs;
}

}  // namespace dyce
