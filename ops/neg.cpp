// -x. ONNX Neg-13.
#include "ops/unary.h"

namespace dyce::ops {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_elements(in, out, [](double x) { return -x; });
}

std::vector<EltwiseStage> eltwise(const OpCall&) { return {{EltwiseStage::Kind::kLinear, -1.f}}; }

}  // namespace

extern const OpSpec neg{.name = "Neg",
                        .infer = infer_same,
                        .reference = reference,
                        .lower = lower_unary<neg>,
                        .eltwise = eltwise};

}  // namespace dyce::ops
