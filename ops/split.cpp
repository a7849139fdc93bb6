// Cuts the input along `axis` into parts of the sizes in `split`; without it into one equal part for each
// output, the last one smaller when that does not come out even. ONNX Split-18; `split` is an attribute here.
#include "ops/lowering/lower_copy.h"
#include "ops/spec/checks.h"
#include "runtime/core/checked.h"

namespace dyce::ops::split {
namespace {

constexpr AttributeSpec kAttributes[] = {{"axis", AttributeKind::kInt}, {"split", AttributeKind::kInts}};

std::vector<std::int64_t> equal_parts(std::int64_t size, std::int64_t count) {
    const std::int64_t part = size / count + (size % count > 0 ? 1 : 0);
    std::vector<std::int64_t> parts(static_cast<std::size_t>(count), part);
    parts.back() = size - part * (count - 1);
    return parts;
}

std::vector<std::int64_t> parts_of(const OpCall& call, int axis) {
    const Shape& shape = call.inputs[0].shape;
    auto parts = call.attributes.integers("split", equal_parts(shape[axis], call.output_count));
    if (parts.size() != static_cast<std::size_t>(call.output_count))
        call.fail("split " + list_text(parts) + " for " + std::to_string(call.output_count) + " outputs");
    std::int64_t total = 0;
    for (const std::int64_t part : parts)
        if (part < 0 || !checked_add(total, part, &total))
            call.fail("cannot split axis " + std::to_string(axis) + " of " + shape.to_string() + " into " +
                      list_text(parts));
    if (total != shape[axis])
        call.fail("split " + list_text(parts) + " sums to " + std::to_string(total) + ", axis " +
                  std::to_string(axis) + " of " + shape.to_string() + " does not");
    return parts;
}

int axis_of(const OpCall& call) {
    return resolve_axis(call, call.attributes.integer("axis", 0), call.inputs[0].shape.rank());
}

std::vector<TensorType> infer(const OpCall& call) {
    const int axis = axis_of(call);
    std::vector<TensorType> outputs;
    for (const std::int64_t part : parts_of(call, axis)) {
        outputs.push_back(call.inputs[0]);
        outputs.back().shape[axis] = part;
    }
    return outputs;
}

// Where each output's elements come from.
std::vector<PositionTables> positions_of(const OpCall& call) {
    const int cut = axis_of(call);
    std::vector<PositionTables> outputs;
    std::int64_t start = 0;
    for (const TensorType& part : infer(call)) {
        PositionTables& positions = outputs.emplace_back();
        for (int axis = 0; axis < part.shape.rank(); ++axis)
            positions.push_back(offsets(part.shape[axis], 1, axis == cut ? start : 0));
        start += part.shape[cut];
    }
    return outputs;
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const auto positions = positions_of(call);
    for (std::size_t i = 0; i < out.size(); ++i)
        if (out[i].shape.elements() > 0)
            copy_elements(offset_tables(positions[i], in[0].shape), in[0], out[i]);
}

void lower(const OpCall& call, Lowering& lowering) {
    const auto positions = positions_of(call);
    for (std::size_t i = 0; i < positions.size(); ++i)
        lower_copy(lowering, positions[i], {}, static_cast<int>(i));
}

}  // namespace

extern const OpSpec spec{.name = "Split",
                         .max_outputs = -1,
                         .attributes = kAttributes,
                         .infer = infer,
                         .reference = reference,
                         .lower = lower};

}  // namespace dyce::ops::split
