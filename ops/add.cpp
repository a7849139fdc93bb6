// a + b, broadcast; integers wrap around. ONNX Add-14.
#include "ops/arithmetic.h"

namespace dyce::ops::add {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_pairs(in, out, []<class T>(T a, T b) { return Wrapping<T>(a) + Wrapping<T>(b); });
}

}  // namespace

extern const OpSpec spec{.name = "Add",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .infer = infer_arithmetic,
                         .reference = reference,
                         .lower = lower_arithmetic<spec>,
                         .binary = BinaryKind::kAdd,
                         .takes_post_ops = true};

}  // namespace dyce::ops::add
