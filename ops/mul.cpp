// a * b, broadcast; integers wrap around. ONNX Mul-14.
#include "ops/arithmetic.h"

namespace dyce::ops::mul {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_pairs(in, out, []<class T>(T a, T b) { return Wrapping<T>(a) * Wrapping<T>(b); });
}

}  // namespace

extern const OpSpec spec{.name = "Mul",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .infer = infer_arithmetic,
                         .reference = reference,
                         .lower = lower_arithmetic<spec>,
                         .binary = BinaryKind::kMul,
                         .takes_post_ops = true};

}  // namespace dyce::ops::mul
