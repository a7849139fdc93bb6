// The input, of any type. ONNX Identity-25.
#include "ops/lowering/lowering.h"

#include <cstring>

namespace dyce::ops::identity {
namespace {

std::vector<TensorType> infer(const OpCall& call) { return {call.inputs[0]}; }

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const auto bytes = static_cast<std::size_t>(in[0].shape.elements()) * size_of(in[0].dtype);
    if (bytes > 0) std::memcpy(out[0].bytes, in[0].bytes, bytes);
}

void lower(const OpCall&, Lowering& lowering) {
    const Buffer source = lowering.input(0);
    lowering.forward(0, source, source.desc);
}

}  // namespace

extern const OpSpec spec{.name = "Identity", .infer = infer, .reference = reference, .lower = lower};

}  // namespace dyce::ops::identity
