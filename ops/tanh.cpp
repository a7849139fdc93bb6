// Hyperbolic tangent. ONNX Tanh-13.
#include "ops/unary.h"

#include <cmath>

namespace dyce::ops {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_elements(in, out, [](double x) { return std::tanh(x); });
}

std::vector<EltwiseStage> eltwise(const OpCall&) { return {{EltwiseStage::Kind::kTanh}}; }

}  // namespace

extern const OpSpec tanh{.name = "Tanh",
                         .infer = infer_same,
                         .reference = reference,
                         .lower = lower_unary<tanh>,
                         .eltwise = eltwise};

}  // namespace dyce::ops
