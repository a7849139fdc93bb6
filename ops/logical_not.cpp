// Whether a bool is false. ONNX Not-1.
#include "ops/comparison.h"

#include <algorithm>
#include <functional>

namespace dyce::ops::logical_not {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
    if (call.inputs[0].dtype != DataType::kBool)
        call.fail(std::string("input 0 is ") + name_of(call.inputs[0].dtype) + ", expected bool");
    return {call.inputs[0]};
}

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const bool* x = in[0].data<bool>();
    std::transform(x, x + in[0].shape.elements(), out[0].data<bool>(), std::logical_not<bool>());
}

}  // namespace

extern const OpSpec spec{.name = "Not", .onnx_since = 6, .infer = infer, .reference = reference};

}  // namespace dyce::ops::logical_not
