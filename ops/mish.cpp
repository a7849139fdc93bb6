// x * tanh(log(1 + e^x)). ONNX Mish-22.
#include "ops/unary.h"

#include <algorithm>
#include <cmath>

namespace dyce::ops::mish {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_elements(in, out, [](double x) {
        return x * std::tanh(std::max(x, 0.) + std::log1p(std::exp(-std::abs(x))));
    });
}

std::vector<EltwiseStage> eltwise(const OpCall&) { return {{EltwiseStage::Kind::kMish}}; }

}  // namespace

extern const OpSpec spec{.name = "Mish",
                         .onnx_since = 18,
                         .infer = infer_same,
                         .reference = reference,
                         .lower = lower_unary<spec>,
                         .eltwise = eltwise};

}  // namespace dyce::ops::mish
