// The `k` largest elements along an axis, or the smallest with `largest` 0, and where they are. In order of
// size, equal ones in order of position, whether `sorted` asks for it or not. ONNX TopK-24; `k` is an
// attribute here.
#include "ops/lowering/element_copy.h"
#include "ops/spec/checks.h"
#include "ops/spec/element_type.h"

#include <algorithm>
#include <numeric>

namespace dyce::ops::top_k {
namespace {

constexpr AttributeSpec kAttributes[] = {{"axis", AttributeKind::kInt},
                                         {"k", AttributeKind::kInt, true},
                                         {"largest", AttributeKind::kInt},
                                         {"sorted", AttributeKind::kInt}};

int axis_of(const OpCall& call) {
    return resolve_axis(call, call.attributes.integer("axis", -1), call.inputs[0].shape.rank());
}

std::vector<TensorType> infer(const OpCall& call) {
    if (call.inputs[0].dtype == DataType::kBool) call.fail("input 0 is bool, expected numbers");
    const int axis = axis_of(call);
    const std::int64_t k = call.attributes.integer("k", 0);
    TensorType values = call.inputs[0];
    if (k < 0 || k > values.shape[axis])
        call.fail("k is " + std::to_string(k) + ", expected 0 to the " + std::to_string(values.shape[axis]) +
                  " elements of axis " + std::to_string(axis));
    values.shape[axis] = k;
    std::vector<TensorType> outputs{values, {DataType::kInt64, values.shape}};
    outputs.resize(static_cast<std::size_t>(std::clamp(call.output_count, 1, 2)));
    return outputs;
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const int axis = axis_of(call);
    const bool largest = call.attributes.integer("largest", 1) != 0;
    const std::int64_t k = out[0].shape[axis], count = in[0].shape[axis], step = stride_of(in[0].shape, axis);
    if (out[0].shape.elements() == 0) return;
    std::vector<std::int64_t> order(static_cast<std::size_t>(count));
    with_element_type(in[0].dtype, [&]<class T>(T) {
        for (std::int64_t row = 0; row < in[0].shape.elements() / count; ++row) {
            const T* x = in[0].data<T>() + row / step * step * count + row % step;
            std::iota(order.begin(), order.end(), std::int64_t{0});
            std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](auto a, auto b) {
                const T left = x[a * step], right = x[b * step];
                if (left == right) return a < b;
                return largest ? left > right : left < right;
            });
            const std::int64_t start = row / step * step * k + row % step;
            for (std::int64_t i = 0; i < k; ++i) {
                const std::int64_t from = order[static_cast<std::size_t>(i)];
                out[0].data<T>()[start + i * step] = x[from * step];
                if (out.size() > 1) out[1].data<std::int64_t>()[start + i * step] = from;
            }
        }
    });
}

}  // namespace

extern const OpSpec spec{
    .name = "TopK", .max_outputs = 2, .attributes = kAttributes, .infer = infer, .reference = reference};

}  // namespace dyce::ops::top_k
