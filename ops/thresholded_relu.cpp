// x where it is above alpha, else 0. ONNX ThresholdedRelu-22.
#include "ops/unary.h"

namespace dyce::ops::thresholded_relu {
namespace {

constexpr AttributeSpec kAttributes[] = {{"alpha", AttributeKind::kFloat}};

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const double alpha = call.attributes.real("alpha", 1);
    map_elements(in, out, [=](double x) { return x > alpha ? x : 0; });
}

}  // namespace

extern const OpSpec spec{.name = "ThresholdedRelu",

                         .attributes = kAttributes,
                         .onnx_since = 10,
                         .infer = infer_same,
                         .reference = reference};

}  // namespace dyce::ops::thresholded_relu
