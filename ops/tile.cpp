// The input side by side with itself, along each axis as often as `repeats` says. ONNX Tile-13; `repeats` is an
// attribute here.
#include "ops/lowering/lower_copy.h"
#include "ops/spec/checks.h"
#include "runtime/core/checked.h"

namespace dyce::ops::tile {
namespace {

constexpr AttributeSpec kAttributes[] = {{"repeats", AttributeKind::kInts, true}};

std::vector<TensorType> infer(const OpCall& call) {
    TensorType output = call.inputs[0];
    const auto repeats = call.attributes.integers("repeats");
    if (repeats.size() != static_cast<std::size_t>(output.shape.rank()))
        call.fail("repeats are " + list_text(repeats) + " for " + output.shape.to_string());
    for (int axis = 0; axis < output.shape.rank(); ++axis) {
        const std::int64_t count = repeats[static_cast<std::size_t>(axis)];
        if (count < 0 || !checked_multiply(output.shape[axis], count, &output.shape[axis]))
            call.fail("repeats are " + list_text(repeats) + ", expected none below 0 and no overflow");
    }
    return {output};
}

PositionTables positions_of(const Shape& from, const Shape& to) {
    PositionTables positions;
    for (int axis = 0; axis < to.rank(); ++axis) {
        positions.push_back(offsets(to[axis], 1));
        for (std::int64_t& at : positions.back()) at %= from[axis];
    }
    return positions;
}

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    if (out[0].shape.elements() > 0)
        copy_elements(offset_tables(positions_of(in[0].shape, out[0].shape), in[0].shape), in[0], out[0]);
}

void lower(const OpCall& call, Lowering& lowering) {
    lower_copy(lowering, positions_of(call.inputs[0].shape, lowering.output_type(0).shape));
}

}  // namespace

extern const OpSpec spec{
    .name = "Tile", .attributes = kAttributes, .infer = infer, .reference = reference, .lower = lower};

}  // namespace dyce::ops::tile
