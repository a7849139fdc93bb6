// a / b, broadcast; integers are cut towards zero, and must not be divided by it. ONNX Div-14.
#include "ops/arithmetic.h"

namespace dyce::ops::div {
namespace {

template <class T>
T divide(const OpCall& call, T a, T b) {
    if constexpr (std::is_integral_v<T>) {
        if (b == 0) call.fail("divides an integer by zero");
        if (std::is_signed_v<T> && b == static_cast<T>(-1)) return static_cast<T>(0 - Wrapping<T>(a));
    }
    return static_cast<T>(a / b);
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_pairs(in, out, [&]<class T>(T a, T b) { return divide(call, a, b); });
}

}  // namespace

extern const OpSpec spec{.name = "Div",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .infer = infer_arithmetic,
                         .reference = reference,
                         .lower = lower_arithmetic<spec>,
                         .binary = BinaryKind::kDiv,
                         .takes_post_ops = true};

}  // namespace dyce::ops::div
