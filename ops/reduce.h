// What the reductions over axes share: attributes `axes` (all when absent or empty, unless
// noop_with_empty_axes is set) and `keepdims`. Stateless.
#pragma once

#include "ops/spec/element_type.h"
#include "ops/spec/op.h"

#include <algorithm>
#include <array>
#include <limits>

namespace dyce::ops {

inline constexpr AttributeSpec kReduceAttributes[] = {{"axes", AttributeKind::kInts},
                                                      {"keepdims", AttributeKind::kInt},
                                                      {"noop_with_empty_axes", AttributeKind::kInt}};

/// For each axis of the input whether it is reduced.
std::vector<bool> reduced_axes(const OpCall& call);

std::vector<TensorType> infer_reduce(const OpCall& call);
/// The same for numbers of any type, and for elements of any.
std::vector<TensorType> infer_reduce_numbers(const OpCall& call);
std::vector<TensorType> infer_reduce_elements(const OpCall& call);

/// Visits the input's elements in order; `at` is the place in the output that each belongs to.
class ReducedPlaces {
public:
    ReducedPlaces(const OpCall& call, const Shape& in);

    std::int64_t at() const { return at_; }
    /// To the next element.
    void advance() {
        for (int axis = in_.rank(); axis-- > 0;) {
            const auto a = static_cast<std::size_t>(axis);
            at_ += strides_[a];
            if (++position_[a] < in_[axis]) break;
            at_ -= position_[a] * strides_[a];
            position_[a] = 0;
        }
    }
    std::int64_t count() const { return count_; }  ///< places there are

private:
    Shape in_;
    std::int64_t at_ = 0, count_ = 1;
    std::array<std::int64_t, Shape::kMaxRank> strides_{}, position_{};
};

/// Where a maximum starts, and a minimum: no number of the type is below, or above.
template <class T>
constexpr T below_all() {
    using Limits = std::numeric_limits<T>;
    return Limits::has_infinity ? static_cast<T>(-Limits::infinity()) : Limits::lowest();
}
template <class T>
constexpr T above_all() {
    using Limits = std::numeric_limits<T>;
    return Limits::has_infinity ? Limits::infinity() : Limits::max();
}

/// out = f(out, element) for all elements of the reduced axes, from `start` (of the type limits) on.
template <class Start, class Function>
void fold_over(const OpCall& call, Start start, const TensorView& in, const MutableTensorView& out,
               Function f) {
    with_element_type(in.dtype, [&]<class T>(T) {
        T* to = out.data<T>();
        std::fill_n(to, out.shape.elements(), start(T()));
        ReducedPlaces places(call, in.shape);
        for (std::int64_t i = 0; i < in.shape.elements(); ++i, places.advance())
            to[places.at()] = f(to[places.at()], in.data<T>()[i]);
    });
}

/// out = sums over the reduced axes (accumulated in double), divided by `divisor`.
void sum_over(const OpCall& call, double divisor, const TensorView& in, const MutableTensorView& out);

}  // namespace dyce::ops
