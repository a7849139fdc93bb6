// Sine, of radians. ONNX Sin-22.
#include "ops/unary.h"

#include <cmath>

namespace dyce::ops::sin {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_elements(in, out, [](double x) { return std::sin(x); });
}

}  // namespace

extern const OpSpec spec{.name = "Sin", .onnx_since = 7, .infer = infer_same, .reference = reference};

}  // namespace dyce::ops::sin
