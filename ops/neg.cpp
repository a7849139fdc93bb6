// -x. ONNX Neg-13.
#include "ops/unary.h"

namespace dyce::ops::neg {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_elements(in, out, [](double x) { return -x; });
}

std::vector<EltwiseStage> eltwise(const OpCall&) { return {{EltwiseStage::Kind::kLinear, -1.f}}; }

}  // namespace

extern const OpSpec spec{.name = "Neg",
                         .onnx_since = 6,
                         .infer = infer_same,
                         .reference = reference,
                         .lower = lower_unary<spec>,
                         .eltwise = eltwise};

}  // namespace dyce::ops::neg
