// Where along an axis the largest element is. ONNX ArgMax-13.
#include "ops/arg_extreme.h"

namespace dyce::ops::arg_max {
namespace {

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    arg_extreme(call, 1, in[0], out[0]);
}

}  // namespace

extern const OpSpec spec{.name = "ArgMax",
                         .attributes = kArgExtremeAttributes,
                         .infer = infer_arg_extreme,
                         .reference = reference};

}  // namespace dyce::ops::arg_max
