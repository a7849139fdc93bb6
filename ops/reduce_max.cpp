// The largest element over axes. ONNX ReduceMax-20; `axes` is an attribute here.
#include "ops/reduce.h"

namespace dyce::ops::reduce_max {
namespace {

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    fold_over(
        call, []<class T>(T) -> T { return below_all<T>(); }, in[0], out[0],
        []<class T>(T a, T b) -> T { return std::max(a, b); });
}

}  // namespace

extern const OpSpec spec{.name = "ReduceMax",
                         .attributes = kReduceAttributes,
                         .infer = infer_reduce_elements,
                         .reference = reference};

}  // namespace dyce::ops::reduce_max
