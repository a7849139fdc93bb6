// x * sigmoid(alpha * x); SiLU with alpha 1. ONNX Swish-24.
#include "ops/unary.h"

#include <cmath>

namespace dyce::ops::swish {
namespace {

constexpr AttributeSpec kAttributes[] = {{"alpha", AttributeKind::kFloat}};

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const double alpha = call.attributes.real("alpha", 1);
    map_elements(in, out, [=](double x) { return x / (1 + std::exp(-alpha * x)); });
}

std::vector<EltwiseStage> eltwise(const OpCall& call) {
    return {{EltwiseStage::Kind::kSwish, call.attributes.real("alpha", 1)}};
}

}  // namespace

extern const OpSpec spec{.name = "Swish",
                         .attributes = kAttributes,
                         .onnx_since = 24,
                         .infer = infer_same,
                         .reference = reference,
                         .lower = lower_unary<spec>,
                         .eltwise = eltwise};

}  // namespace dyce::ops::swish
