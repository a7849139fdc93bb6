#include "ops/spec/broadcast.h"

#include <algorithm>

namespace dyce::ops {
namespace {

// Size along the result's `axis`; 1 where the operand lacks it.
std::int64_t size_along(const Shape& operand, int axis, int rank) {
    const int own = axis - (rank - operand.rank());
    return own < 0 ? 1 : operand[own];
}

}  // namespace

Shape broadcast_shape(const OpCall& call, const Shape& a, const Shape& b) {
    Shape result;
    const int rank = std::max(a.rank(), b.rank());
    for (int axis = 0; axis < rank; ++axis) {
        const std::int64_t m = size_along(a, axis, rank), n = size_along(b, axis, rank);
        if (m != n && m != 1 && n != 1)
            call.fail("shapes " + a.to_string() + " and " + b.to_string() + " do not broadcast");
        result.push_back(m == 1 ? n : m);
    }
    return result;
}

BroadcastAxes::BroadcastAxes(const Shape& result, const Shape& a, const Shape& b) {
    std::int64_t a_stride = 1, b_stride = 1;
    for (int axis = result.rank(); axis-- > 0;) {  // innermost first, turned round below
        const std::int64_t m = size_along(a, axis, result.rank()), n = size_along(b, axis, result.rank());
        const BroadcastAxis next{result[axis], m == 1 ? 0 : a_stride, n == 1 ? 0 : b_stride};
        a_stride *= m;
        b_stride *= n;
        if (next.size == 1) continue;
        if (count > 0) {
            BroadcastAxis& last = axes[static_cast<std::size_t>(count - 1)];
            if (next.a_step == last.size * last.a_step && next.b_step == last.size * last.b_step) {
                last.size *= next.size;
                continue;
            }
        }
        axes[static_cast<std::size_t>(count++)] = next;
    }
    if (count == 0) count = 1;
    std::reverse(axes.begin(), axes.begin() + count);
}

}  // namespace dyce::ops
