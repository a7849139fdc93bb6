#include "ops/reduce.h"

#include "ops/lowering/element_copy.h"
#include "ops/spec/checks.h"

namespace dyce::ops {

std::vector<bool> reduced_axes(const OpCall& call) {
    const int rank = call.inputs[0].shape.rank();
    const auto axes = resolve_axes(call, call.attributes.integers("axes"), rank);
    const bool all = axes.empty() && call.attributes.integer("noop_with_empty_axes", 0) == 0;
    std::vector<bool> reduced(static_cast<std::size_t>(rank), all);
    for (const int axis : axes) reduced[static_cast<std::size_t>(axis)] = true;
    return reduced;
}

std::vector<TensorType> infer_reduce(const OpCall& call) {
    expect_float32(call);
    return infer_reduce_numbers(call);
}

std::vector<TensorType> infer_reduce_numbers(const OpCall& call) {
    if (call.inputs[0].dtype == DataType::kBool) call.fail("input 0 is bool, expected numbers");
    return infer_reduce_elements(call);
}

std::vector<TensorType> infer_reduce_elements(const OpCall& call) {
    const bool keep = call.attributes.integer("keepdims", 1) != 0;
    const auto reduced = reduced_axes(call);
    TensorType output{call.inputs[0].dtype, {}};
    for (int axis = 0; axis < call.inputs[0].shape.rank(); ++axis) {
        const bool gone = reduced[static_cast<std::size_t>(axis)];
        if (!gone || keep) output.shape.push_back(gone ? 1 : call.inputs[0].shape[axis]);
    }
    return {output};
}

ReducedPlaces::ReducedPlaces(const OpCall& call, const Shape& in) : in_(in) {
    const auto reduced = reduced_axes(call);
    Shape kept = in;  // with 1 where the axis is reduced
    for (int axis = 0; axis < kept.rank(); ++axis)
        if (reduced[static_cast<std::size_t>(axis)]) kept[axis] = 1;
    for (int axis = 0; axis < kept.rank(); ++axis)
        strides_[static_cast<std::size_t>(axis)] = kept[axis] == 1 ? 0 : stride_of(kept, axis);
    count_ = kept.elements();
}

void sum_over(const OpCall& call, double divisor, const TensorView& in, const MutableTensorView& out) {
    ReducedPlaces places(call, in.shape);
    std::vector<double> sums(static_cast<std::size_t>(places.count()), 0.0);
    for (std::int64_t i = 0; i < in.shape.elements(); ++i, places.advance())
        sums[static_cast<std::size_t>(places.at())] += static_cast<double>(in.data<float>()[i]);
    for (std::size_t i = 0; i < sums.size(); ++i)
        out.data<float>()[i] = static_cast<float>(sums[i] / divisor);
}

}  // namespace dyce::ops
