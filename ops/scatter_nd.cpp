// The first input with some of its slices replaced: indices[.., :] is where updates[.., ...] goes. By `reduction`
// "none" it replaces what is there, by "add", "mul", "max" or "min" it joins it. ONNX ScatterND-18, int64 and
// int32 indices; those outside are refused when it runs.
#include "ops/arithmetic.h"
#include "ops/lowering/element_copy.h"
#include "ops/spec/checks.h"

#include <algorithm>
#include <cstring>

namespace dyce::ops::scatter_nd {
namespace {

constexpr AttributeSpec kAttributes[] = {{"reduction", AttributeKind::kString}};

std::vector<TensorType> infer(const OpCall& call) {
    const TensorType &data = call.inputs[0], &indices = call.inputs[1], &updates = call.inputs[2];
    const std::string reduction = call.attributes.text("reduction", "none");
    if (std::string(" none add mul max min ").find(" " + reduction + " ") == std::string::npos)
        call.fail("reduction is \"" + reduction + "\", expected none, add, mul, max or min");
    if (reduction != "none" && data.dtype == DataType::kBool) call.fail("input 0 is bool, expected numbers");
    if (indices.dtype != DataType::kInt64 && indices.dtype != DataType::kInt32)
        call.fail(std::string("indices are ") + name_of(indices.dtype) + ", expected int64 or int32");
    if (indices.shape.rank() == 0 || indices.shape[-1] > data.shape.rank())
        call.fail("indices are " + indices.shape.to_string() + " into " + data.shape.to_string());
    TensorType expected{data.dtype, Shape(indices.shape.begin(), indices.shape.end() - 1)};
    for (auto axis = static_cast<int>(indices.shape[-1]); axis < data.shape.rank(); ++axis)
        expected.shape.push_back(data.shape[axis]);
    if (updates != expected)
        call.fail(std::string("updates are ") + name_of(updates.dtype) + " " + updates.shape.to_string() +
                  ", expected " + name_of(expected.dtype) + " " + expected.shape.to_string());
    return {data};
}

std::int64_t index_at(const TensorView& indices, std::int64_t i) {
    return indices.dtype == DataType::kInt64 ? indices.data<std::int64_t>()[i]
                                             : indices.data<std::int32_t>()[i];
}

template <class T>
T joined(const std::string& reduction, T old, T update) {
    if (reduction == "add") return static_cast<T>(Wrapping<T>(old) + Wrapping<T>(update));
    if (reduction == "mul") return static_cast<T>(Wrapping<T>(old) * Wrapping<T>(update));
    if (reduction == "max") return std::max(old, update);
    return reduction == "min" ? std::min(old, update) : update;
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const Shape& data = in[0].shape;
    const std::int64_t depth = in[1].shape[-1];
    const std::int64_t size = Shape(data.begin() + depth, data.end()).elements();
    const std::string reduction = call.attributes.text("reduction", "none");
    const auto bytes = static_cast<std::size_t>(data.elements()) * size_of(in[0].dtype);
    if (bytes > 0) std::memcpy(out[0].bytes, in[0].bytes, bytes);
    if (in[2].shape.elements() == 0) return;
    const std::int64_t count = in[2].shape.elements() / size;
    with_element_type(in[0].dtype, [&]<class T>(T) {
        for (std::int64_t i = 0; i < count; ++i) {
            std::int64_t at = 0;
            for (std::int64_t axis = 0; axis < depth; ++axis) {
                const std::int64_t dim = data[static_cast<int>(axis)];
                const std::int64_t index = index_at(in[1], i * depth + axis);
                if (index < -dim || index >= dim)
                    call.fail("index " + std::to_string(index) + " is outside an axis of " +
                              std::to_string(dim));
                at += (index < 0 ? index + dim : index) * stride_of(data, static_cast<int>(axis));
            }
            for (std::int64_t j = 0; j < size; ++j) {
                T& to = out[0].data<T>()[at + j];
                to = joined<T>(reduction, to, in[2].data<T>()[i * size + j]);
            }
        }
    });
}

}  // namespace

extern const OpSpec spec{.name = "ScatterND",
                         .min_inputs = 3,
                         .max_inputs = 3,
                         .attributes = kAttributes,
                         .infer = infer,
                         .reference = reference};

}  // namespace dyce::ops::scatter_nd
