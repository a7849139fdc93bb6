#include "loaders/import/onnx/node_context.h"

#include "loaders/import/onnx/unsupported.h"
#include "runtime/core/text.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce {

void NodeContext::fail(const std::string& message) const {
    throw Error(ErrorCode::kContent, node_.name, message);
}

const Tensor* NodeContext::tensor_attribute(const std::string& name) const {
    const auto found = node_.tensors.find(name);
    return found == node_.tensors.end() ? nullptr : &found->second;
}

Operand* NodeContext::input(std::size_t i) const {
    if (!has_input(i)) fail("input " + std::to_string(i) + " is missing");
    return inputs_[i];
}

std::vector<Operand*> NodeContext::inputs() const {
    for (std::size_t i = 0; i < inputs_.size(); ++i) (void)input(i);
    return inputs_;
}

const Tensor& NodeContext::constant(std::size_t i) const {
    if (!input(i)->constant)
        throw Unsupported{"input " + std::to_string(i) + " computed by the network (a constant is needed)"};
    return *inputs_[i]->constant;
}

std::vector<std::int64_t> NodeContext::integers(std::size_t i) const {
    const Tensor& tensor = constant(i);
    if (tensor.shape().rank() > 1)
        fail("input " + std::to_string(i) + " has shape " + tensor.shape().to_string() + ", expected a list");
    const auto count = tensor.elements();
    if (tensor.dtype() == DataType::kInt64)
        return {tensor.data<std::int64_t>(), tensor.data<std::int64_t>() + count};
    if (tensor.dtype() == DataType::kInt32)
        return {tensor.data<std::int32_t>(), tensor.data<std::int32_t>() + count};
    fail("input " + std::to_string(i) + " is " + name_of(tensor.dtype()) + ", expected int64");
}

std::int64_t NodeContext::integer(std::size_t i, const char* name) const {
    const auto values = integers(i);
    if (values.size() != 1)
        fail(std::string(name) + " has " + std::to_string(values.size()) + " elements, expected one");
    return values[0];
}

float NodeContext::scalar(std::size_t i) const {
    const Tensor& tensor = constant(i);
    if (tensor.dtype() != DataType::kFloat32 || tensor.elements() != 1)
        fail("input " + std::to_string(i) + " is " + name_of(tensor.dtype()) + " of shape " +
             tensor.shape().to_string() + ", expected one float32");
    return tensor.data<float>()[0];
}

bool NodeContext::all_constant() const {
    return std::all_of(inputs_.begin(), inputs_.end(),
                       [](const Operand* input) { return input == nullptr || input->constant; });
}

TensorType NodeContext::infer(std::string_view op, const std::vector<Operand*>& inputs,
                              const Attributes& attributes) const {
    std::vector<TensorType> types;
    for (const Operand* input : inputs) types.push_back(input->type);
    return checked_infer(*find_op(op), {.where = node_.name, .attributes = attributes, .inputs = types})[0];
}

Operand* NodeContext::add(std::string_view op, const std::vector<Operand*>& inputs, Attributes attributes) {
    const std::string name = writer_.unique_name(node_.outputs[0] + "/" + std::string(op));
    return writer_.add(op, inputs, std::move(attributes), name, {name})[0];
}

Operand* NodeContext::make_constant(const std::string& name, Tensor value) {
    return writer_.constant(writer_.unique_name(node_.outputs[0] + "/" + name), std::move(value));
}

void NodeContext::finish(std::string_view op, const std::vector<Operand*>& inputs, Attributes attributes) {
    std::vector<std::string> outputs = node_.outputs;
    for (std::string& name : outputs)
        if (name.empty()) name = writer_.unique_name(node_.name + "/unused");
    results_ = writer_.add(op, inputs, std::move(attributes), node_.name, outputs);
}

void NodeContext::finish_first(std::string_view op, const std::vector<Operand*>& inputs,
                               Attributes attributes) {
    results_ = writer_.add(op, inputs, std::move(attributes), node_.name, {node_.outputs[0]});
}

Tensor NodeContext::new_constant(DataType dtype, const Shape& shape) {
    if (!writer_.spend({dtype, shape}))
        throw Error(ErrorCode::kResource, node_.name,
                    "a constant of " + shape.to_string() + " is too large to be computed at import");
    return Tensor(dtype, shape);
}

void NodeContext::finish(Tensor value) { results_ = {writer_.constant(node_.outputs[0], std::move(value))}; }

std::int64_t normalized_axis(const NodeContext& node, std::int64_t axis, int rank) {
    if (axis < -rank || axis >= rank)
        node.fail("axis " + std::to_string(axis) + " of a tensor of rank " + std::to_string(rank));
    return axis < 0 ? axis + rank : axis;
}

std::vector<std::int64_t> normalized_axes(const NodeContext& node, std::vector<std::int64_t> axes, int rank) {
    for (std::int64_t& axis : axes) axis = normalized_axis(node, axis, rank);
    std::sort(axes.begin(), axes.end());
    if (std::adjacent_find(axes.begin(), axes.end()) != axes.end()) node.fail("names an axis twice");
    return axes;
}

}  // namespace dyce
