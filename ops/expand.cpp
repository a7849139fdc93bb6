// Broadcasts the input against `shape`: axes of size 1 are repeated, missing leading axes added; a 1 in
// `shape` keeps the input's size. ONNX Expand-13; `shape` is an attribute here.
#include "ops/lowering/lower_copy.h"
#include "ops/lowering/post_ops.h"
#include "ops/spec/broadcast.h"
#include "ops/spec/checks.h"

#include <algorithm>

namespace dyce::ops::expand {

extern const OpSpec spec;

namespace {

constexpr AttributeSpec kAttributes[] = {{"shape", AttributeKind::kInts, true}};

std::vector<TensorType> infer(const OpCall& call) {
    const auto wanted = call.attributes.integers("shape");
    if (wanted.size() > Shape::kMaxRank ||
        std::any_of(wanted.begin(), wanted.end(), [](std::int64_t size) { return size < 0; }))
        call.fail("shape is " + list_text(wanted) + ", expected at most 8 sizes, none below 0");
    const Shape shape = broadcast_shape(call, call.inputs[0].shape, Shape(wanted.begin(), wanted.end()));
    return {{call.inputs[0].dtype, shape}};
}

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const int added = out[0].shape.rank() - in[0].shape.rank();
    copy_elements_by(
        [&](int axis) {
            const int from = axis - added;
            const bool repeated = from < 0 || in[0].shape[from] == 1;
            return offsets(out[0].shape[axis], repeated ? 0 : stride_of(in[0].shape, from));
        },
        in[0], out[0]);
}

void lower(const OpCall& call, Lowering& lowering) {
    const Shape &from = call.inputs[0].shape, &to = lowering.output_type(0).shape;
    if (from.rank() != to.rank()) return lower_by_reference(spec, call, lowering);
    PositionTables positions;
    for (int axis = 0; axis < to.rank(); ++axis)
        positions.push_back(offsets(to[axis], from[axis] == 1 ? 0 : 1));
    lower_copy(lowering, positions);
}

}  // namespace

extern const OpSpec spec{
    .name = "Expand", .attributes = kAttributes, .infer = infer, .reference = reference, .lower = lower};

}  // namespace dyce::ops::expand
