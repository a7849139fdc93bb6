// The larger of a and b, broadcast. ONNX Max-13 of two inputs; the importer writes more as several.
#include "ops/arithmetic.h"

#include <algorithm>

namespace dyce::ops::max {
namespace {

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_pairs(in, out, []<class T>(T a, T b) { return std::max<T>(a, b); });
}

}  // namespace

extern const OpSpec spec{
    .name = "Max", .min_inputs = 2, .max_inputs = 2, .infer = infer_arithmetic, .reference = reference};

}  // namespace dyce::ops::max
