// What Add, Sub, Mul and Div share. Stateless.
#pragma once

#include "ops/spec/broadcast.h"
#include "ops/spec/element_type.h"

#include <type_traits>

namespace dyce::ops {

/// Two operands of one type, any but bool; the result has that type and the broadcast shape.
std::vector<TensorType> infer_arithmetic(const OpCall& call);

/// Lowers to one primitive in the layout of the operand that has the result's shape; in place where nobody
/// reads that operand afterwards.
template <const OpSpec& spec>
void lower_arithmetic(const OpCall& call, Lowering& lowering);
void lower_arithmetic(const OpSpec& spec, const OpCall& call, Lowering& lowering);

/// What integers of type T are computed in, so that they wrap around instead of overflowing.
template <class T>
using Wrapping = std::conditional_t<std::is_integral_v<T>, std::uint64_t, T>;

/// out = f(a, b) with broadcasting, over the type of the operands; the result may lie over the first one when
/// their shapes are equal.
template <class Function>
void map_pairs(std::span<const TensorView> in, std::span<const MutableTensorView> out, Function f) {
    const BroadcastAxes axes(out[0].shape, in[0].shape, in[1].shape);
    with_element_type(in[0].dtype, [&]<class T>(T) {
        visit_rows(axes, [&](const BroadcastAxis& axis, std::int64_t row, std::int64_t a, std::int64_t b) {
            const T* left = in[0].data<T>() + a;
            const T* right = in[1].data<T>() + b;
            T* result = out[0].data<T>() + row;
            for (std::int64_t i = 0; i < axis.size; ++i)
                result[i] = static_cast<T>(f(left[i * axis.a_step], right[i * axis.b_step]));
        });
    });
}

template <const OpSpec& spec>
void lower_arithmetic(const OpCall& call, Lowering& lowering) {
    lower_arithmetic(spec, call, lowering);
}

}  // namespace dyce::ops
