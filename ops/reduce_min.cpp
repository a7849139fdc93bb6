// The smallest element over axes. ONNX ReduceMin-20; `axes` is an attribute here.
#include "ops/reduce.h"

namespace dyce::ops::reduce_min {
namespace {

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    fold_over(
        call, []<class T>(T) -> T { return above_all<T>(); }, in[0], out[0],
        []<class T>(T a, T b) -> T { return std::min(a, b); });
}

}  // namespace

extern const OpSpec spec{.name = "ReduceMin",
                         .attributes = kReduceAttributes,
                         .infer = infer_reduce_elements,
                         .reference = reference};

}  // namespace dyce::ops::reduce_min
