// What comparisons and logic of two operands share: bools come out. Plain loops serve. Stateless.
#pragma once

#include "ops/spec/broadcast.h"
#include "ops/spec/element_type.h"

namespace dyce::ops {

/// Two operands of one type: any, any but bool, bool alone. The result is bool of the broadcast shape.
std::vector<TensorType> infer_comparison_of_elements(const OpCall& call);
std::vector<TensorType> infer_comparison_of_numbers(const OpCall& call);
std::vector<TensorType> infer_comparison_of_bools(const OpCall& call);

/// out = f(a, b) with broadcasting, of operands of type T...
template <class T, class Function>
void compare_pairs_of(std::span<const TensorView> in, std::span<const MutableTensorView> out, Function f) {
    visit_rows(BroadcastAxes(out[0].shape, in[0].shape, in[1].shape),
               [&](const BroadcastAxis& axis, std::int64_t row, std::int64_t a, std::int64_t b) {
                   for (std::int64_t i = 0; i < axis.size; ++i)
                       out[0].data<bool>()[row + i] =
                           f(in[0].data<T>()[a + i * axis.a_step], in[1].data<T>()[b + i * axis.b_step]);
               });
}

/// ...or of whatever type they have.
template <class Function>
void compare_pairs(std::span<const TensorView> in, std::span<const MutableTensorView> out, Function f) {
    with_element_type(in[0].dtype, [&]<class T>(T) { compare_pairs_of<T>(in, out, f); });
}

}  // namespace dyce::ops
