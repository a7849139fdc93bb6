// x above zero, alpha * x below. ONNX LeakyRelu-16.
#include "ops/unary.h"

namespace dyce::ops::leaky_relu {
namespace {

constexpr AttributeSpec kAttributes[] = {{"alpha", AttributeKind::kFloat}};
constexpr float kAlpha = 0.01f;

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const double alpha = call.attributes.real("alpha", kAlpha);
    map_elements(in, out, [=](double x) { return x < 0 ? alpha * x : x; });
}

std::vector<EltwiseStage> eltwise(const OpCall& call) {
    return {{EltwiseStage::Kind::kRelu, call.attributes.real("alpha", kAlpha)}};
}

}  // namespace

extern const OpSpec spec{.name = "LeakyRelu",
                         .attributes = kAttributes,
                         .onnx_since = 6,
                         .infer = infer_same,
                         .reference = reference,
                         .lower = lower_unary<spec>,
                         .eltwise = eltwise};

}  // namespace dyce::ops::leaky_relu
