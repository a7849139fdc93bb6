// The smaller of a and b, broadcast. ONNX Min-13 of two inputs; the importer writes more as several.
#include "ops/arithmetic.h"

#include <algorithm>

namespace dyce::ops::min {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_pairs(in, out, []<class T>(T a, T b) { return std::min<T>(a, b); });
}

}  // namespace

extern const OpSpec spec{
    .name = "Min", .min_inputs = 2, .max_inputs = 2, .infer = infer_arithmetic, .reference = reference};

}  // namespace dyce::ops::min
