// x above zero, alpha * (e^x - 1) below. ONNX Elu-22.
#include "ops/unary.h"

#include <cmath>

namespace dyce::ops::elu {
namespace {

constexpr AttributeSpec kAttributes[] = {{"alpha", AttributeKind::kFloat}};

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const double alpha = call.attributes.real("alpha", 1);
    map_elements(in, out, [=](double x) { return x < 0 ? alpha * std::expm1(x) : x; });
}

std::vector<EltwiseStage> eltwise(const OpCall& call) {
    return {{EltwiseStage::Kind::kElu, call.attributes.real("alpha", 1)}};
}

}  // namespace

extern const OpSpec spec{.name = "Elu",
                         .attributes = kAttributes,
                         .onnx_since = 6,
                         .infer = infer_same,
                         .reference = reference,
                         .lower = lower_unary<spec>,
                         .eltwise = eltwise};

}  // namespace dyce::ops::elu
