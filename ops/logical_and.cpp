// Whether both are true, broadcast. ONNX And-7.
#include "ops/comparison.h"

namespace dyce::ops::logical_and {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    compare_pairs_of<bool>(in, out, [](bool a, bool b) { return a && b; });
}

}  // namespace

extern const OpSpec spec{.name = "And",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .onnx_since = 7,
                         .infer = infer_comparison_of_bools,
                         .reference = reference};

}  // namespace dyce::ops::logical_and
