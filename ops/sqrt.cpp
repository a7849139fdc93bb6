// Square root; NaN below zero. ONNX Sqrt-13.
#include "ops/unary.h"

#include <cmath>

namespace dyce::ops::sqrt {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_elements(in, out, [](double x) { return std::sqrt(x); });
}

std::vector<EltwiseStage> eltwise(const OpCall&) { return {{EltwiseStage::Kind::kSqrt}}; }

}  // namespace

extern const OpSpec spec{.name = "Sqrt",
                         .onnx_since = 6,
                         .infer = infer_same,
                         .reference = reference,
                         .lower = lower_unary<spec>,
                         .eltwise = eltwise};

}  // namespace dyce::ops::sqrt
