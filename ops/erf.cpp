// The error function. ONNX Erf-13. oneDNN has no primitive for it.
#include "ops/unary.h"

#include <cmath>

namespace dyce::ops::erf {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_elements(in, out, [](double x) { return std::erf(x); });
}

}  // namespace

extern const OpSpec spec{.name = "Erf", .onnx_since = 9, .infer = infer_same, .reference = reference};

}  // namespace dyce::ops::erf
