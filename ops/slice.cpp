// Along each of `axes` (by default the first ones), the elements from `starts` to before `ends` in `steps`
// (1 by default, may be negative). Negative bounds count from the end; all are clamped to the input.
// ONNX Slice-13; the four lists are attributes here.
#include "ops/lowering/lower_copy.h"
#include "ops/spec/checks.h"

#include <algorithm>

namespace dyce::ops::slice {
namespace {

constexpr AttributeSpec kAttributes[] = {{"axes", AttributeKind::kInts},
                                         {"ends", AttributeKind::kInts, true},
                                         {"starts", AttributeKind::kInts, true},
                                         {"steps", AttributeKind::kInts}};

struct Range {
    std::int64_t start, step, count;
};

Range clamp(std::int64_t size, std::int64_t start, std::int64_t end, std::int64_t step) {
    if (size == 0) return {0, 1, 0};
    const bool forwards = step > 0;
    const std::int64_t low = forwards ? 0 : -1, high = forwards ? size : size - 1;
    const auto bound = [&](std::int64_t at) { return std::clamp(at < 0 ? at + size : at, low, high); };
    step = std::clamp(step, -size - 1, size + 1);     // longer ones take one element as well
    start = std::max<std::int64_t>(bound(start), 0);  // also backwards, unlike NumPy's
    end = bound(end);
    const std::int64_t distance = forwards ? end - start : start - end, stride = forwards ? step : -step;
    return {start, step, distance > 0 ? (distance + stride - 1) / stride : 0};
}

// One range for each axis of the input.
std::vector<Range> ranges_of(const OpCall& call) {
    const Shape& shape = call.inputs[0].shape;
    const auto starts = call.attributes.integers("starts"), ends = call.attributes.integers("ends");
    std::vector<std::int64_t> first_axes;
    for (std::size_t i = 0; i < starts.size(); ++i) first_axes.push_back(static_cast<std::int64_t>(i));
    const auto axes = call.attributes.integers("axes", first_axes);
    const auto steps = call.attributes.integers("steps", std::vector<std::int64_t>(starts.size(), 1));
    if (ends.size() != starts.size() || axes.size() != starts.size() || steps.size() != starts.size())
        call.fail("starts " + list_text(starts) + ", ends " + list_text(ends) + ", axes " + list_text(axes) +
                  " and steps " + list_text(steps) + " differ in length");
    std::vector<Range> ranges;
    for (const std::int64_t size : shape) ranges.push_back({0, 1, size});
    const auto resolved = resolve_axes(call, axes, shape.rank());
    for (std::size_t i = 0; i < resolved.size(); ++i) {
        if (steps[i] == 0) call.fail("steps[" + std::to_string(i) + "] is 0");
        ranges[static_cast<std::size_t>(resolved[i])] =
            clamp(shape[resolved[i]], starts[i], ends[i], steps[i]);
    }
    return ranges;
}

std::vector<TensorType> infer(const OpCall& call) {
    TensorType output{call.inputs[0].dtype, {}};
    for (const Range& range : ranges_of(call)) output.shape.push_back(range.count);
    return {output};
}

PositionTables positions_of(const OpCall& call) {
    PositionTables positions;
    const auto ranges = ranges_of(call);
    for (const Range& range : ranges) positions.push_back(offsets(range.count, 1, range.start, range.step));
    return positions;
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    if (out[0].shape.elements() > 0)
        copy_elements(offset_tables(positions_of(call), in[0].shape), in[0], out[0]);
}

void lower(const OpCall& call, Lowering& lowering) { lower_copy(lowering, positions_of(call)); }

}  // namespace

extern const OpSpec spec{
    .name = "Slice", .attributes = kAttributes, .infer = infer, .reference = reference, .lower = lower};

}  // namespace dyce::ops::slice
