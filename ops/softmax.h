// What Softmax and LogSoftmax share. Stateless.
#pragma once

#include "ops/spec/op.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace dyce::ops {

inline constexpr AttributeSpec kSoftmaxAttributes[] = {{"axis", AttributeKind::kInt}};

/// The attribute `axis`, by default the last, counted from the front.
int softmax_axis(const OpCall& call);
/// The output has the input's type.
std::vector<TensorType> infer_softmax(const OpCall& call);

/// out = f(x - m, s) along the axis, with m the largest x and s the sum of e^(x - m).
template <class Function>
void map_softmax(const OpCall& call, const TensorView& in, const MutableTensorView& out, Function f) {
    const int axis = softmax_axis(call);
    const Shape& shape = in.shape;
    const std::int64_t count = shape[axis], step = Shape(shape.begin() + axis + 1, shape.end()).elements();
    const std::int64_t columns = shape.elements() == 0 ? 0 : shape.elements() / count;
    for (std::int64_t column = 0; column < columns; ++column) {
        const std::int64_t start = column / step * step * count + column % step;
        const float* x = in.data<float>() + start;
        float* y = out.data<float>() + start;
        double largest = -std::numeric_limits<double>::infinity(), sum = 0;
        for (std::int64_t i = 0; i < count; ++i) largest = std::max<double>(largest, x[i * step]);
        for (std::int64_t i = 0; i < count; ++i) sum += std::exp(x[i * step] - largest);
        for (std::int64_t i = 0; i < count; ++i)
            y[i * step] = static_cast<float>(f(x[i * step] - largest, sum));
    }
}

}  // namespace dyce::ops
