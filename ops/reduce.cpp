#include "ops/reduce.h"

#include "ops/lowering/element_copy.h"
#include "ops/spec/checks.h"

#include <array>

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
    const bool keep = call.attributes.integer("keepdims", 1) != 0;
    const auto reduced = reduced_axes(call);
    TensorType output;
    for (int axis = 0; axis < call.inputs[0].shape.rank(); ++axis) {
        const bool gone = reduced[static_cast<std::size_t>(axis)];
        if (!gone || keep) output.shape.push_back(gone ? 1 : call.inputs[0].shape[axis]);
    }
    return {output};
}

void sum_over(const OpCall& call, double divisor, const TensorView& in, const MutableTensorView& out) {
    const auto reduced = reduced_axes(call);
    Shape kept = in.shape;  // with 1 where the axis is reduced
    for (int axis = 0; axis < kept.rank(); ++axis)
        if (reduced[static_cast<std::size_t>(axis)]) kept[axis] = 1;

    std::array<std::int64_t, Shape::kMaxRank> strides{}, at{};
    for (int axis = 0; axis < kept.rank(); ++axis)
        strides[static_cast<std::size_t>(axis)] = kept[axis] == 1 ? 0 : stride_of(kept, axis);

    std::vector<double> sums(static_cast<std::size_t>(kept.elements()), 0.0);
    std::int64_t to = 0;
    for (std::int64_t i = 0; i < in.shape.elements(); ++i) {
        sums[static_cast<std::size_t>(to)] += static_cast<double>(in.data<float>()[i]);
        for (int axis = kept.rank(); axis-- > 0;) {  // the next position, and where its sum lives
            const auto a = static_cast<std::size_t>(axis);
            to += strides[a];
            if (++at[a] < in.shape[axis]) break;
            to -= at[a] * strides[a];
            at[a] = 0;
        }
    }
    for (std::size_t i = 0; i < sums.size(); ++i)
        out.data<float>()[i] = static_cast<float>(sums[i] / divisor);
}

}  // namespace dyce::ops
