// NumPy's broadcasting of two operands: shapes align at their last axes, and an axis of size 1 (or a missing
// one) repeats. Stateless.
#pragma once

#include "ops/spec/op.h"

#include <array>

namespace dyce::ops {

/// Shape of the result. Throws Error{kContent} at the call's node when the operands do not fit.
Shape broadcast_shape(const OpCall& call, const Shape& a, const Shape& b);

/// One axis of the result, and what a step along it adds to the place in each operand (0 where it repeats).
struct BroadcastAxis {
    std::int64_t size = 1, a_step = 0, b_step = 0;
};

/// The axes of the result, outermost first; neighbours along which both operands advance evenly are one.
struct BroadcastAxes {
    BroadcastAxes(const Shape& result, const Shape& a, const Shape& b);

    std::array<BroadcastAxis, Shape::kMaxRank> axes;
    int count = 0;  ///< at least 1
};

/// Visits the result in rows along its innermost axis: visit(axis, result, a, b) with the offset of the row's
/// first element in the result and in the operands.
template <class Visit>
void visit_rows(const BroadcastAxes& of, Visit visit) {
    const BroadcastAxis& inner = of.axes[static_cast<std::size_t>(of.count - 1)];
    std::array<std::int64_t, Shape::kMaxRank> index{};
    std::int64_t a = 0, b = 0;
    std::int64_t rows = inner.size == 0 ? 0 : 1;
    for (int i = 0; i + 1 < of.count; ++i) rows *= of.axes[static_cast<std::size_t>(i)].size;
    for (std::int64_t row = 0; row < rows; ++row) {
        visit(inner, row * inner.size, a, b);
        for (auto i = static_cast<std::size_t>(of.count - 1); i-- > 0;) {  // the next row, like an odometer
            const BroadcastAxis& axis = of.axes[i];
            a += axis.a_step;
            b += axis.b_step;
            if (++index[i] < axis.size) break;
            a -= axis.size * axis.a_step;
            b -= axis.size * axis.b_step;
            index[i] = 0;
        }
    }
}

}  // namespace dyce::ops
