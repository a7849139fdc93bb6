// Whether a is greater than b, broadcast. ONNX Greater-13.
#include "ops/comparison.h"

namespace dyce::ops::greater {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    compare_pairs(in, out, [](auto a, auto b) { return a > b; });
}

}  // namespace

extern const OpSpec spec{.name = "Greater",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .onnx_since = 7,
                         .infer = infer_comparison_of_numbers,
                         .reference = reference};

}  // namespace dyce::ops::greater
