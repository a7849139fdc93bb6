// At inference nothing is dropped: the input, and a mask that is true everywhere. ONNX Dropout-22.
#include "ops/lowering/lowering.h"
#include "ops/lowering/post_ops.h"

#include <algorithm>
#include <cstring>

namespace dyce::ops::dropout {

extern const OpSpec spec;

namespace {

constexpr AttributeSpec kAttributes[] = {{"ratio", AttributeKind::kFloat}};

std::vector<TensorType> infer(const OpCall& call) {
    return {call.inputs[0], {DataType::kBool, call.inputs[0].shape}};
}

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const std::int64_t count = in[0].shape.elements();
    const auto bytes = static_cast<std::size_t>(count) * size_of(in[0].dtype);
    if (bytes > 0) std::memcpy(out[0].bytes, in[0].bytes, bytes);
    if (out.size() > 1) std::fill_n(out[1].data<bool>(), count, true);
}

void lower(const OpCall& call, Lowering& lowering) {
    if (call.output_count > 1) return lower_by_reference(spec, call, lowering);
    const Buffer source = lowering.input(0);
    lowering.forward(0, source, source.desc);
}

}  // namespace

extern const OpSpec spec{.name = "Dropout",
                         .max_outputs = 2,
                         .attributes = kAttributes,
                         .infer = infer,
                         .reference = reference,
                         .lower = lower};

}  // namespace dyce::ops::dropout
