// The product over axes. ONNX ReduceProd-18; `axes` is an attribute here.
#include "ops/arithmetic.h"
#include "ops/reduce.h"

namespace dyce::ops::reduce_prod {
namespace {

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    fold_over(
        call, []<class T>(T) -> T { return T(1); }, in[0], out[0],
        []<class T>(T a, T b) -> T { return static_cast<T>(Wrapping<T>(a) * Wrapping<T>(b)); });
}

}  // namespace

extern const OpSpec spec{.name = "ReduceProd",
                         .attributes = kReduceAttributes,
                         .infer = infer_reduce_numbers,
                         .reference = reference};

}  // namespace dyce::ops::reduce_prod
