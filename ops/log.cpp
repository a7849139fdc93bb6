// Natural logarithm. ONNX Log-13.
#include "ops/unary.h"

#include <cmath>

namespace dyce::ops::log {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_elements(in, out, [](double x) { return std::log(x); });
}

std::vector<EltwiseStage> eltwise(const OpCall&) { return {{EltwiseStage::Kind::kLog}}; }

}  // namespace

extern const OpSpec spec{.name = "Log",
                         .onnx_since = 6,
                         .infer = infer_same,
                         .reference = reference,
                         .lower = lower_unary<spec>,
                         .eltwise = eltwise};

}  // namespace dyce::ops::log
