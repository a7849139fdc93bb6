// 1 / (1 + e^-x). ONNX Sigmoid-13.
#include "ops/unary.h"

#include <cmath>

namespace dyce::ops::sigmoid {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_elements(in, out, [](double x) { return 1 / (1 + std::exp(-x)); });
}

std::vector<EltwiseStage> eltwise(const OpCall&) { return {{EltwiseStage::Kind::kLogistic}}; }

}  // namespace

extern const OpSpec spec{.name = "Sigmoid",
                         .onnx_since = 6,
                         .infer = infer_same,
                         .reference = reference,
                         .lower = lower_unary<spec>,
                         .eltwise = eltwise};

}  // namespace dyce::ops::sigmoid
