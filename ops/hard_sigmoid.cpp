// max(0, min(1, alpha * x + beta)). ONNX HardSigmoid-22.
#include "ops/unary.h"

#include <algorithm>

namespace dyce::ops::hard_sigmoid {
namespace {

constexpr AttributeSpec kAttributes[] = {{"alpha", AttributeKind::kFloat}, {"beta", AttributeKind::kFloat}};

float alpha_of(const OpCall& call) { return call.attributes.real("alpha", 0.2f); }
float beta_of(const OpCall& call) { return call.attributes.real("beta", 0.5f); }

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const double alpha = alpha_of(call), beta = beta_of(call);
    map_elements(in, out, [=](double x) { return std::clamp(alpha * x + beta, 0.0, 1.0); });
}

std::vector<EltwiseStage> eltwise(const OpCall& call) {
    return {{EltwiseStage::Kind::kLinear, alpha_of(call), beta_of(call)}, {EltwiseStage::Kind::kClip, 0, 1}};
}

}  // namespace

extern const OpSpec spec{.name = "HardSigmoid",
                         .attributes = kAttributes,
                         .onnx_since = 6,
                         .infer = infer_same,
                         .reference = reference,
                         .lower = lower_unary<spec>,
                         .eltwise = eltwise};

}  // namespace dyce::ops::hard_sigmoid
