// Whether a equals b, broadcast. ONNX Equal-19, of any elements.
#include "ops/comparison.h"

namespace dyce::ops::equal {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    compare_pairs(in, out, [](auto a, auto b) { return a == b; });
}

}  // namespace

extern const OpSpec spec{.name = "Equal",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .onnx_since = 7,
                         .infer = infer_comparison_of_elements,
                         .reference = reference};

}  // namespace dyce::ops::equal
