// |x|. ONNX Abs-13.
#include "ops/unary.h"

#include <cmath>

namespace dyce::ops {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_elements(in, out, [](double x) { return std::abs(x); });
}

std::vector<EltwiseStage> eltwise(const OpCall&) { return {{EltwiseStage::Kind::kAbs}}; }

}  // namespace

extern const OpSpec abs{.name = "Abs",
                        .infer = infer_same,
                        .reference = reference,
                        .lower = lower_unary<abs>,
                        .eltwise = eltwise};

}  // namespace dyce::ops
