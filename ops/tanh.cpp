// Hyperbolic tangent. ONNX Tanh-13.
#include "ops/unary.h"

#include <cmath>

namespace dyce::ops::tanh {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_elements(in, out, [](double x) { return std::tanh(x); });
}

std::vector<EltwiseStage> eltwise(const OpCall&) { return {{EltwiseStage::Kind::kTanh}}; }

}  // namespace

extern const OpSpec spec{.name = "Tanh",
                         .onnx_since = 6,
                         .infer = infer_same,
                         .reference = reference,
                         .lower = lower_unary<spec>,
                         .eltwise = eltwise};

}  // namespace dyce::ops::tanh
