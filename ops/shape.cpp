// The input's dimensions from `start` to before `end`, as int64. ONNX Shape-25.
#include "ops/spec/op.h"

#include <algorithm>

namespace dyce::ops::shape {
namespace {

constexpr AttributeSpec kAttributes[] = {{"end", AttributeKind::kInt}, {"start", AttributeKind::kInt}};

struct Range {
    int first, last;
};

Range range_of(const OpCall& call) {
    const std::int64_t rank = call.inputs[0].shape.rank();
    const auto bound = [&](std::int64_t axis) {
        return static_cast<int>(std::clamp<std::int64_t>(axis < 0 ? axis + rank : axis, 0, rank));
    };
    const int first = bound(call.attributes.integer("start", 0));
    return {first, std::max(first, bound(call.attributes.integer("end", rank)))};
}

std::vector<TensorType> infer(const OpCall& call) {
    const Range range = range_of(call);
    return {{DataType::kInt64, {range.last - range.first}}};
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const Range range = range_of(call);
    std::copy(in[0].shape.begin() + range.first, in[0].shape.begin() + range.last,
              out[0].data<std::int64_t>());
}

}  // namespace

extern const OpSpec spec{.name = "Shape", .attributes = kAttributes, .infer = infer, .reference = reference};

}  // namespace dyce::ops::shape
