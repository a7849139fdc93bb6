// Cosine, of radians. ONNX Cos-22.
#include "ops/unary.h"

#include <cmath>

namespace dyce::ops::cos {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_elements(in, out, [](double x) { return std::cos(x); });
}

}  // namespace

extern const OpSpec spec{.name = "Cos", .onnx_since = 7, .infer = infer_same, .reference = reference};

}  // namespace dyce::ops::cos
