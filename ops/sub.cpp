// a - b, broadcast; integers wrap around. ONNX Sub-14.
#include "ops/arithmetic.h"

namespace dyce::ops::sub {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_pairs(in, out, []<class T>(T a, T b) { return Wrapping<T>(a) - Wrapping<T>(b); });
}

}  // namespace

extern const OpSpec spec{.name = "Sub",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .infer = infer_arithmetic,
                         .reference = reference,
                         .lower = lower_arithmetic<spec>,
                         .binary = BinaryKind::kSub,
                         .takes_post_ops = true};

}  // namespace dyce::ops::sub
