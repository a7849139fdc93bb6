#include "loaders/import/onnx/graph_writer.h"

#include "graph/interpreter.h"
#include "runtime/core/checked.h"

#include <dyce/error.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace dyce {
namespace {

constexpr std::int64_t kMaxFoldedMacs = std::int64_t{1} << 30;  // about a second

// Masks are written with -infinity, and a model holds finite numbers: the lowest one is as good behind a
// softmax, and gives no NaN where everything is masked.
Tensor finite(const Tensor& tensor) {
    if (tensor.dtype() != DataType::kFloat32) return tensor;
    const float* values = tensor.data<float>();
    const auto is_infinite = [](float x) { return std::isinf(x); };
    if (std::none_of(values, values + tensor.elements(), is_infinite)) return tensor;
    constexpr float kLargest = std::numeric_limits<float>::max();
    Tensor result(DataType::kFloat32, tensor.shape());
    std::transform(values, values + tensor.elements(), result.mutable_data<float>(),
                   [](float x) { return std::isinf(x) ? std::copysign(kLargest, x) : x; });
    return result;
}

}  // namespace

Operand* GraphWriter::keep(Operand operand) {
    operands_.push_back(std::move(operand));
    return &operands_.back();
}

Operand* GraphWriter::input(const std::string& name, const TensorType& type) {
    return keep({name, type, {}, builder_.input(name, type), nullptr, {}});
}

Operand* GraphWriter::constant(const std::string& name, Tensor value) {
    const TensorType type = value.type();
    return keep({name, type, std::move(value), -1, nullptr, {}});
}

ValueId GraphWriter::value_of(Operand* operand) {
    if (operand->value < 0)
        operand->value = builder_.constant(
            operand->name, builder_.graph().batched ? finite(*operand->constant) : *operand->constant);
    return operand->value;
}

Operand* GraphWriter::quantized(const std::string& name, Operand* numbers) {
    return keep({name, numbers->type, {}, -1, numbers, {}});
}

void GraphWriter::set_quantization(Operand* operand, const Quantization& quantization) {
    builder_.set_quantization(value_of(operand), quantization);
}

std::string GraphWriter::unique_name(const std::string& base) {
    std::string name = base;
    for (int i = 2; !taken_.insert(name).second; ++i) name = base + "_" + std::to_string(i);
    return name;
}

bool GraphWriter::spend(const TensorType& type) {
    std::int64_t bytes = static_cast<std::int64_t>(size_of(type.dtype));
    for (std::int64_t dim : type.shape)
        if (dim < 0 || !checked_multiply(bytes, dim, &bytes)) return false;
    if (bytes > folding_bytes_) return false;
    folding_bytes_ -= bytes;
    return true;
}

std::vector<Operand*> GraphWriter::add(std::string_view op, const std::vector<Operand*>& inputs,
                                       Attributes attributes, const std::string& name,
                                       const std::vector<std::string>& outputs) {
    const OpSpec* spec = find_op(op);
    if (spec == nullptr) spec = find_op(op, "dyce");
    if (spec == nullptr) throw Error(ErrorCode::kInternal, name, "no operator " + std::string(op));
    const Node node{
        spec, name, attributes, std::vector<ValueId>(inputs.size()), std::vector<ValueId>(outputs.size()),
        {}};
    if (worth_computing(node, inputs)) return compute(node, inputs, outputs);
    std::vector<ValueId> ids;
    for (Operand* operand : inputs) ids.push_back(value_of(operand));
    std::vector<Operand*> results;
    for (ValueId id : builder_.add_many(*spec, std::move(ids), std::move(attributes), name, outputs))
        results.push_back(keep({builder_.graph().value(id).name, builder_.type(id), {}, id, nullptr, {}}));
    return results;
}

bool GraphWriter::worth_computing(const Node& node, const std::vector<Operand*>& inputs) {
    std::vector<TensorType> types;
    for (const Operand* input : inputs) {
        if (!input->constant) return false;
        types.push_back(input->type);
    }
    const OpCall call = call_of(node, types);
    const auto outputs = checked_infer(*node.spec, call);
    if (node.spec->macs != nullptr && node.spec->macs(call) > kMaxFoldedMacs) return false;
    return std::all_of(outputs.begin(), outputs.end(),
                       [this](const TensorType& type) { return spend(type); });
}

std::vector<Operand*> GraphWriter::compute(const Node& node, const std::vector<Operand*>& inputs,
                                           const std::vector<std::string>& outputs) {
    std::vector<Tensor> values;
    for (const Operand* input : inputs) values.push_back(*input->constant);
    std::vector<Operand*> results;
    auto computed = interpret(node, values);
    for (std::size_t i = 0; i < outputs.size(); ++i)
        results.push_back(constant(outputs[i], std::move(computed[i])));
    return results;
}

}  // namespace dyce
