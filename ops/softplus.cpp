// log(1 + e^x), without its overflow. ONNX Softplus-22.
#include "ops/unary.h"

#include <algorithm>
#include <cmath>

namespace dyce::ops::softplus {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_elements(in, out, [](double x) { return std::max(x, 0.) + std::log1p(std::exp(-std::abs(x))); });
}

std::vector<EltwiseStage> eltwise(const OpCall&) { return {{EltwiseStage::Kind::kSoftRelu, 1}}; }

}  // namespace

extern const OpSpec spec{.name = "Softplus",
                         .onnx_since = 6,
                         .infer = infer_same,
                         .reference = reference,
                         .lower = lower_unary<spec>,
                         .eltwise = eltwise};

}  // namespace dyce::ops::softplus
