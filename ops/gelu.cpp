// x * Phi(x), Phi being the normal distribution's cumulative function, or the usual approximation of it by
// tanh. ONNX Gelu-20.
#include "ops/unary.h"

#include <cmath>
#include <numbers>

namespace dyce::ops::gelu {
namespace {

constexpr AttributeSpec kAttributes[] = {{"approximate", AttributeKind::kString}};

bool by_tanh(const OpCall& call) { return call.attributes.text("approximate", "none") == "tanh"; }

std::vector<TensorType> infer(const OpCall& call) {
    const std::string text = call.attributes.text("approximate", "none");
    if (text != "none" && text != "tanh")
        call.fail("attribute \"approximate\" is \"" + text + "\", expected \"none\" or \"tanh\"");
    return infer_same(call);
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    if (by_tanh(call))
        map_elements(in, out, [](double x) {
            const double inner = std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x);
            return 0.5 * x * (1 + std::tanh(inner));
        });
    else
        map_elements(in, out, [](double x) { return 0.5 * x * std::erfc(-x / std::numbers::sqrt2); });
}

std::vector<EltwiseStage> eltwise(const OpCall& call) {
    return {{by_tanh(call) ? EltwiseStage::Kind::kGeluTanh : EltwiseStage::Kind::kGeluErf}};
}

}  // namespace

extern const OpSpec spec{.name = "Gelu",
                         .attributes = kAttributes,
                         .onnx_since = 20,
                         .infer = infer,
                         .reference = reference,
                         .lower = lower_unary<spec>,
                         .eltwise = eltwise};

}  // namespace dyce::ops::gelu
