// What all element-wise operators of one input share. Stateless.
#pragma once

#include "ops/spec/op.h"

namespace dyce::ops {

/// The output has the input's type, which must be float32.
std::vector<TensorType> infer_same(const OpCall& call);

/// Lowers an operator whose `eltwise` is set: a primitive for each stage, in place where nobody reads the
/// input afterwards.
template <const OpSpec& spec>
void lower_unary(const OpCall& call, Lowering& lowering);
void lower_unary(const OpSpec& spec, const OpCall& call, Lowering& lowering);

/// out[i] = f(in[i]) over float32; f computes in double, so that only its result is rounded.
template <class Function>
void map_elements(std::span<const TensorView> in, std::span<const MutableTensorView> out, Function f) {
    const float* source = in[0].data<float>();
    float* destination = out[0].data<float>();
    const std::int64_t count = in[0].shape.elements();
    for (std::int64_t i = 0; i < count; ++i)
        destination[i] = static_cast<float>(f(static_cast<double>(source[i])));
}

template <const OpSpec& spec>
void lower_unary(const OpCall& call, Lowering& lowering) {
    lower_unary(spec, call, lowering);
}

}  // namespace dyce::ops
