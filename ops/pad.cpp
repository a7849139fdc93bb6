// Adds elements around the input (negative counts remove some): `value`, or by `mode` "reflect" the input
// mirrored at its outermost elements, "edge" these elements, "wrap" the other end. `pads` lists all counts
// before, then all after, for each of `axes` (all by default). ONNX Pad-25; `pads`, `axes` and `value`
// (constant_value) are attributes here.
#include "ops/lowering/lower_copy.h"
#include "ops/spec/checks.h"
#include "runtime/core/checked.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dyce::ops::pad {
namespace {

constexpr AttributeSpec kAttributes[] = {{"axes", AttributeKind::kInts},
                                         {"mode", AttributeKind::kString},
                                         {"pads", AttributeKind::kInts, true},
                                         {"value", AttributeKind::kFloat}};

constexpr std::int64_t kMaxPad = std::int64_t{1} << 31;

struct Margin {
    std::int64_t begin = 0, end = 0;
};

std::vector<Margin> margins_of(const OpCall& call) {
    const int rank = call.inputs[0].shape.rank();
    std::vector<std::int64_t> all_axes;
    for (int axis = 0; axis < rank; ++axis) all_axes.push_back(axis);
    const auto axes = resolve_axes(call, call.attributes.integers("axes", all_axes), rank);
    const auto pads = call.attributes.integers("pads");
    if (pads.size() != 2 * axes.size())
        call.fail("pads " + list_text(pads) + " for " + std::to_string(axes.size()) +
                  " axes, expected two for each");
    for (const std::int64_t pad : pads)
        if (pad < -kMaxPad || pad > kMaxPad)
            call.fail("pads " + list_text(pads) + " are over the limit of " + std::to_string(kMaxPad));
    std::vector<Margin> margins(static_cast<std::size_t>(rank));
    for (std::size_t i = 0; i < axes.size(); ++i)
        margins[static_cast<std::size_t>(axes[i])] = {pads[i], pads[i + axes.size()]};
    return margins;
}

// The value as one element of the input's type; integers take whole numbers in their range.
std::array<std::byte, 8> filler_of(const OpCall& call) {
    const float value = call.attributes.real("value", 0);
    std::array<std::byte, 8> element{};
    const auto put = [&]<class T>(T, float low, float high) {
        if (!(value >= low && value < high) || value != std::floor(value))
            call.fail("value is " + std::to_string(value) + ", which is no " + name_of(call.inputs[0].dtype));
        const T converted = static_cast<T>(value);
        std::copy_n(reinterpret_cast<const std::byte*>(&converted), sizeof converted, element.data());
    };
    switch (call.inputs[0].dtype) {
        case DataType::kFloat32:
            std::copy_n(reinterpret_cast<const std::byte*>(&value), sizeof value, element.data());
            break;
        case DataType::kInt64: put(std::int64_t{}, -0x1p63f, 0x1p63f); break;
        case DataType::kInt32: put(std::int32_t{}, -0x1p31f, 0x1p31f); break;
        case DataType::kUint8: put(std::uint8_t{}, 0, 256); break;
        case DataType::kBool: put(std::uint8_t{}, 0, 2); break;
    }
    return element;
}

// Where a position that may lie outside [0, size) reads; kOutside: nowhere.
std::int64_t source_of(std::int64_t at, std::int64_t size, const std::string& mode) {
    if (at >= 0 && at < size) return at;
    if (mode == "edge") return at < 0 ? 0 : size - 1;
    const std::int64_t period = mode == "wrap" ? size : std::max<std::int64_t>(2 * (size - 1), 1);
    const std::int64_t phase = (at % period + period) % period;
    if (mode == "wrap") return phase;
    if (mode == "reflect") return std::min(phase, period - phase);
    return kOutside;
}

std::vector<TensorType> infer(const OpCall& call) {
    const std::string mode = call.attributes.text("mode", "constant");
    if (mode != "constant" && mode != "reflect" && mode != "edge" && mode != "wrap")
        call.fail("mode is \"" + mode + "\", expected constant, reflect, edge or wrap");
    (void)filler_of(call);
    TensorType output = call.inputs[0];
    const auto margins = margins_of(call);
    for (int axis = 0; axis < output.shape.rank(); ++axis) {
        const auto [begin, end] = margins[static_cast<std::size_t>(axis)];
        std::int64_t& size = output.shape[axis];
        const bool nothing_to_repeat = size == 0 && mode != "constant";
        if (!checked_add(size, begin + end, &size) || size < 0 || (nothing_to_repeat && size > 0))
            call.fail("cannot pad axis " + std::to_string(axis) + " of " + call.inputs[0].shape.to_string() +
                      " by " + std::to_string(begin) + " and " + std::to_string(end));
    }
    return {output};
}

PositionTables positions_of(const OpCall& call) {
    const std::string mode = call.attributes.text("mode", "constant");
    const auto margins = margins_of(call);
    const Shape& shape = call.inputs[0].shape;
    PositionTables positions;
    for (int axis = 0; axis < shape.rank(); ++axis) {
        const auto [begin, end] = margins[static_cast<std::size_t>(axis)];
        positions.push_back(offsets(shape[axis] + begin + end, 1, -begin));
        for (std::int64_t& at : positions.back()) at = source_of(at, shape[axis], mode);
    }
    return positions;
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    if (out[0].shape.elements() > 0)
        copy_elements(offset_tables(positions_of(call), in[0].shape), in[0], out[0], filler_of(call).data());
}

void lower(const OpCall& call, Lowering& lowering) {
    lower_copy(lowering, positions_of(call), filler_of(call));
}

}  // namespace

extern const OpSpec spec{
    .name = "Pad", .attributes = kAttributes, .infer = infer, .reference = reference, .lower = lower};

}  // namespace dyce::ops::pad
