// x * max(0, min(1, x/6 + 1/2)). ONNX HardSwish-22.
#include "ops/unary.h"

#include <algorithm>

namespace dyce::ops::hard_swish {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_elements(in, out, [](double x) { return x * std::clamp(x / 6 + 0.5, 0.0, 1.0); });
}

std::vector<EltwiseStage> eltwise(const OpCall&) { return {{EltwiseStage::Kind::kHardSwish, 1 / 6.f, 0.5f}}; }

}  // namespace

extern const OpSpec spec{.name = "HardSwish",
                         .onnx_since = 14,
                         .infer = infer_same,
                         .reference = reference,
                         .lower = lower_unary<spec>,
                         .eltwise = eltwise};

}  // namespace dyce::ops::hard_swish
