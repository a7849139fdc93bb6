// min(max(x, min), max): the upper bound wins; an absent bound does not bind. ONNX Clip-13, whose bounds are
// inputs.
#include "ops/unary.h"

#include <algorithm>
#include <limits>

namespace dyce::ops::clip {
namespace {

constexpr AttributeSpec kAttributes[] = {{"min", AttributeKind::kFloat}, {"max", AttributeKind::kFloat}};

float min_of(const OpCall& call) { return call.attributes.real("min", std::numeric_limits<float>::lowest()); }
float max_of(const OpCall& call) { return call.attributes.real("max", std::numeric_limits<float>::max()); }

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const double low = min_of(call), high = max_of(call);
    map_elements(in, out, [=](double x) { return std::min(std::max(x, low), high); });
}

std::vector<EltwiseStage> eltwise(const OpCall& call) {
    if (!(min_of(call) <= max_of(call))) return {};  // oneDNN refuses empty ranges
    return {{EltwiseStage::Kind::kClip, min_of(call), max_of(call)}};
}

}  // namespace

extern const OpSpec spec{.name = "Clip",
                         .attributes = kAttributes,
                         .infer = infer_same,
                         .reference = reference,
                         .lower = lower_unary<spec>,
                         .eltwise = eltwise};

}  // namespace dyce::ops::clip
