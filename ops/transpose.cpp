// Output axis i is input axis perm[i]; all axes in reverse order by default. ONNX Transpose-25.
#include "ops/lowering/element_copy.h"
#include "ops/lowering/lowering.h"
#include "ops/spec/checks.h"

namespace dyce::ops::transpose {

namespace {

constexpr AttributeSpec kAttributes[] = {{"perm", AttributeKind::kInts}};

std::vector<int> permutation_of(const OpCall& call) {
    const int rank = call.inputs[0].shape.rank();
    std::vector<std::int64_t> perm;
    for (int axis = rank; axis-- > 0;) perm.push_back(axis);
    perm = call.attributes.integers("perm", perm);
    if (perm.size() != static_cast<std::size_t>(rank))
        call.fail("perm is " + list_text(perm) + " for an input of " + call.inputs[0].shape.to_string());
    for (const std::int64_t axis : perm)
        if (axis < 0) call.fail("perm is " + list_text(perm) + ", expected no negative axis");
    return resolve_axes(call, perm, rank);
}

std::vector<TensorType> infer(const OpCall& call) {
    TensorType output{call.inputs[0].dtype, {}};
    for (const int axis : permutation_of(call)) output.shape.push_back(call.inputs[0].shape[axis]);
    return {output};
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const auto perm = permutation_of(call);
    copy_elements_by(
        [&](int axis) {
            return offsets(out[0].shape[axis], stride_of(in[0].shape, perm[static_cast<std::size_t>(axis)]));
        },
        in[0], out[0]);
}

// The same bytes with the axes named in another order: no step at all.
void lower(const OpCall& call, Lowering& lowering) {
    const auto perm = permutation_of(call);
    std::vector<int> position(perm.size());  // of each input axis in the output
    for (std::size_t i = 0; i < perm.size(); ++i)
        position[static_cast<std::size_t>(perm[i])] = static_cast<int>(i);
    if (perm.empty()) position = {0};  // oneDNN sees a scalar as one dimension
    const Buffer source = lowering.input(0);
    lowering.forward(0, source, source.desc.permute_axes(position));
}

}  // namespace

extern const OpSpec spec{.name = "Transpose",
                         .attributes = kAttributes,
                         .onnx_since = 6,
                         .infer = infer,
                         .reference = reference,
                         .lower = lower};

}  // namespace dyce::ops::transpose
