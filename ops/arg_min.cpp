// Where along an axis the smallest element is. ONNX ArgMin-13.
#include "ops/arg_extreme.h"

namespace dyce::ops::arg_min {
namespace {

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    arg_extreme(call, -1, in[0], out[0]);
}

}  // namespace

extern const OpSpec spec{.name = "ArgMin",
                         .attributes = kArgExtremeAttributes,
                         .infer = infer_arg_extreme,
                         .reference = reference};

}  // namespace dyce::ops::arg_min
