// Whether a is b or greater, broadcast. ONNX GreaterOrEqual-16.
#include "ops/comparison.h"

namespace dyce::ops::greater_or_equal {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    compare_pairs(in, out, [](auto a, auto b) { return a >= b; });
}

}  // namespace

extern const OpSpec spec{.name = "GreaterOrEqual",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .onnx_since = 12,
                         .infer = infer_comparison_of_numbers,
                         .reference = reference};

}  // namespace dyce::ops::greater_or_equal
