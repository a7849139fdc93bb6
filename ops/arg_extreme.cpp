#include "ops/arg_extreme.h"

#include "ops/lowering/element_copy.h"
#include "ops/spec/checks.h"
#include "ops/spec/element_type.h"

namespace dyce::ops {
namespace {

int arg_axis(const OpCall& call) {
    return resolve_axis(call, call.attributes.integer("axis", 0), call.inputs[0].shape.rank());
}

}  // namespace

std::vector<TensorType> infer_arg_extreme(const OpCall& call) {
    const Shape& input = call.inputs[0].shape;
    if (call.inputs[0].dtype == DataType::kBool) call.fail("input 0 is bool, expected numbers");
    const int axis = arg_axis(call);
    if (input[axis] == 0)
        call.fail("axis " + std::to_string(axis) + " of " + input.to_string() + " is empty");
    const bool keep = call.attributes.integer("keepdims", 1) != 0;
    TensorType output{DataType::kInt64, {}};
    for (int i = 0; i < input.rank(); ++i)
        if (i != axis || keep) output.shape.push_back(i == axis ? 1 : input[i]);
    return {output};
}

void arg_extreme(const OpCall& call, int sign, const TensorView& in, const MutableTensorView& out) {
    const int axis = arg_axis(call);
    const bool last = call.attributes.integer("select_last_index", 0) != 0;
    const std::int64_t count = in.shape[axis], step = stride_of(in.shape, axis);
    with_element_type(in.dtype, [&]<class T>(T) {
        const auto beats = [&](T a, T b) { return sign > 0 ? a > b : a < b; };
        for (std::int64_t row = 0; row < out.shape.elements(); ++row) {
            const T* x = in.data<T>() + row / step * step * count + row % step;
            std::int64_t best = 0;
            for (std::int64_t i = 1; i < count; ++i)
                if (beats(x[i * step], x[best * step]) || (last && x[i * step] == x[best * step])) best = i;
            out.data<std::int64_t>()[row] = best;
        }
    });
}

}  // namespace dyce::ops
