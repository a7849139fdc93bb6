// Takes the slices of `axis` that the second input names; negative indices count from the end, others
// outside the axis are refused when it runs. ONNX Gather-13, int64 and int32 indices.
#include "ops/lowering/lower_copy.h"
#include "ops/lowering/post_ops.h"
#include "ops/spec/checks.h"

namespace dyce::ops::gather {

extern const OpSpec spec;

namespace {

constexpr AttributeSpec kAttributes[] = {{"axis", AttributeKind::kInt}};

int axis_of(const OpCall& call) {
    return resolve_axis(call, call.attributes.integer("axis", 0), call.inputs[0].shape.rank());
}

std::vector<TensorType> infer(const OpCall& call) {
    const Shape& data = call.inputs[0].shape;
    const TensorType& indices = call.inputs[1];
    const int axis = axis_of(call);
    if (indices.dtype != DataType::kInt64 && indices.dtype != DataType::kInt32)
        call.fail(std::string("indices are ") + name_of(indices.dtype) + ", expected int64 or int32");
    if (data.rank() - 1 + indices.shape.rank() > Shape::kMaxRank)
        call.fail("gathering " + indices.shape.to_string() + " from " + data.to_string() + " is over rank " +
                  std::to_string(Shape::kMaxRank));
    Shape shape(data.begin(), data.begin() + axis);
    for (const std::int64_t dim : indices.shape) shape.push_back(dim);
    for (int i = axis + 1; i < data.rank(); ++i) shape.push_back(data[i]);
    return {{call.inputs[0].dtype, shape}};
}

std::vector<std::int64_t> slices_of(const OpCall& call, const TensorView& indices, std::int64_t size,
                                    std::int64_t stride) {
    std::vector<std::int64_t> table;
    for (std::int64_t i = 0; i < indices.shape.elements(); ++i) {
        const std::int64_t index = indices.dtype == DataType::kInt64 ? indices.data<std::int64_t>()[i]
                                                                     : indices.data<std::int32_t>()[i];
        if (index < -size || index >= size)
            call.fail("index " + std::to_string(index) + " is outside an axis of " + std::to_string(size));
        table.push_back((index < 0 ? index + size : index) * stride);
    }
    return table;
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const int axis = axis_of(call);
    const Shape& data = in[0].shape;
    const std::int64_t outer = Shape(data.begin(), data.begin() + axis).elements();
    const std::int64_t inner = stride_of(data, axis);
    const auto slices = slices_of(call, in[1], data[axis], inner);
    if (out[0].shape.elements() > 0)
        copy_elements({offsets(outer, data[axis] * inner), slices, offsets(inner, 1)}, in[0], out[0]);
}

// A constant list of slices: a copy whose tables are made once.
void lower(const OpCall& call, Lowering& lowering) {
    const Shape& data = call.inputs[0].shape;
    const Tensor* indices = lowering.constant(1);
    if (indices == nullptr || indices->shape().rank() != 1 || data.elements() == 0 ||
        indices->elements() == 0)
        return lower_by_reference(spec, call, lowering);
    PositionTables positions;
    for (int axis = 0; axis < data.rank(); ++axis)
        positions.push_back(axis == axis_of(call) ? slices_of(call, view_of(*indices), data[axis], 1)
                                                  : offsets(data[axis], 1));
    lower_copy(lowering, positions);
}

}  // namespace

extern const OpSpec spec{.name = "Gather",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .attributes = kAttributes,
                         .infer = infer,
                         .reference = reference,
                         .lower = lower};

}  // namespace dyce::ops::gather
