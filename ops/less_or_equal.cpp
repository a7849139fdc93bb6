// Whether a is b or less, broadcast. ONNX LessOrEqual-16.
#include "ops/comparison.h"

namespace dyce::ops::less_or_equal {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    compare_pairs(in, out, [](auto a, auto b) { return a <= b; });
}

}  // namespace

extern const OpSpec spec{.name = "LessOrEqual",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .onnx_since = 12,
                         .infer = infer_comparison_of_numbers,
                         .reference = reference};

}  // namespace dyce::ops::less_or_equal
