// Of each matrix of the last two axes the part on and above diagonal `k` (`upper`, the default), or on and below
// it; zeros elsewhere. ONNX Trilu-14; `k` is an attribute here.
#include "ops/spec/checks.h"

#include <algorithm>
#include <cstring>

namespace dyce::ops::trilu {
namespace {

constexpr AttributeSpec kAttributes[] = {{"k", AttributeKind::kInt}, {"upper", AttributeKind::kInt}};

std::vector<TensorType> infer(const OpCall& call) {
    if (call.inputs[0].shape.rank() < 2)
        call.fail("input 0 is " + call.inputs[0].shape.to_string() + ", expected matrices");
    return {call.inputs[0]};
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const bool upper = call.attributes.integer("upper", 1) != 0;
    const Shape& shape = in[0].shape;
    const std::int64_t rows = shape[-2], columns = shape[-1];
    // Beyond the corners all diagonals are alike.
    const std::int64_t k = std::clamp(call.attributes.integer("k", 0), -rows - 1, columns + 1);
    const std::size_t size = size_of(in[0].dtype);
    for (std::int64_t row = 0; row < shape.elements() / std::max<std::int64_t>(columns, 1); ++row) {
        const std::int64_t diagonal = std::clamp<std::int64_t>(row % rows + k + (upper ? 0 : 1), 0, columns);
        const std::int64_t first = upper ? diagonal : 0, last = upper ? columns : diagonal;
        const auto at = static_cast<std::size_t>(row * columns) * size;
        auto* to = static_cast<std::byte*>(out[0].bytes) + at;
        std::memset(to, 0, static_cast<std::size_t>(columns) * size);
        const std::size_t skipped = static_cast<std::size_t>(first) * size;
        std::memcpy(to + skipped, static_cast<const std::byte*>(in[0].bytes) + at + skipped,
                    static_cast<std::size_t>(last - first) * size);
    }
}

}  // namespace

extern const OpSpec spec{.name = "Trilu", .attributes = kAttributes, .infer = infer, .reference = reference};

}  // namespace dyce::ops::trilu
