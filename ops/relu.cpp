// max(x, 0). ONNX Relu-14.
#include "ops/unary.h"

#include <algorithm>

namespace dyce::ops::relu {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_elements(in, out, [](double x) { return std::max(x, 0.0); });
}

std::vector<EltwiseStage> eltwise(const OpCall&) { return {{EltwiseStage::Kind::kRelu}}; }

}  // namespace

extern const OpSpec spec{.name = "Relu",
                         .onnx_since = 6,
                         .infer = infer_same,
                         .reference = reference,
                         .lower = lower_unary<spec>,
                         .eltwise = eltwise};

}  // namespace dyce::ops::relu
