// Broadcasts the input against `shape`: axes of size 1 are repeated, missing leading axes added; a 1 in
// `shape` keeps the input's size. ONNX Expand-13; `shape` is an attribute here.
#include "ops/checks.h"
#include "ops/element_copy.h"

namespace dyce::ops {
namespace {

constexpr AttributeSpec kAttributes[] = {{"shape", AttributeKind::kInts, true}};

std::vector<TensorType> infer(const OpCall& call) {
    const Shape& input = call.inputs[0].shape;
    const auto wanted = call.attributes.integers("shape");
    const auto refuse = [&] { call.fail("cannot expand " + input.to_string() + " to " + list_text(wanted)); };
    if (wanted.size() > Shape::kMaxRank) refuse();
    const int rank = std::max(input.rank(), static_cast<int>(wanted.size()));
    Shape shape;
    for (int axis = -rank; axis < 0; ++axis) {
        const std::int64_t have = -axis <= input.rank() ? input[axis] : 1;
        const auto back = static_cast<std::size_t>(-axis);
        const std::int64_t want = back <= wanted.size() ? wanted[wanted.size() - back] : 1;
        if (want < 0 || (have != 1 && want != 1 && have != want)) refuse();
        shape.push_back(have == 1 ? want : have);
    }
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

}  // namespace

extern const OpSpec expand{
    .name = "Expand", .attributes = kAttributes, .infer = infer, .reference = reference};

}  // namespace dyce::ops
