// The sum over axes. ONNX ReduceSum-13; `axes` is an attribute here.
#include "ops/reduce.h"

namespace dyce::ops::reduce_sum {
namespace {

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    sum_over(call, 1, in[0], out[0]);
}

}  // namespace

extern const OpSpec spec{
    .name = "ReduceSum", .attributes = kReduceAttributes, .infer = infer_reduce, .reference = reference};

}  // namespace dyce::ops::reduce_sum
