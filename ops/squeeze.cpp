// Removes dimensions of size 1: those in `axes`, all of them when there is no such attribute.
// ONNX Squeeze-25; `axes` is an attribute here.
#include "ops/spec/checks.h"
#include "ops/view.h"

#include <algorithm>

namespace dyce::ops::squeeze {
namespace {

constexpr AttributeSpec kAttributes[] = {{"axes", AttributeKind::kInts}};

std::vector<TensorType> infer(const OpCall& call) {
    const TensorType& input = call.inputs[0];
    const bool all = !call.attributes.has("axes");
    const auto axes = resolve_axes(call, call.attributes.integers("axes"), input.shape.rank());
    Shape shape;
    for (int axis = 0; axis < input.shape.rank(); ++axis) {
        const bool named = std::find(axes.begin(), axes.end(), axis) != axes.end();
        if (named && input.shape[axis] != 1)
            call.fail("cannot squeeze axis " + std::to_string(axis) + " of " + input.shape.to_string() +
                      ", expected size 1");
        if (!named && !(all && input.shape[axis] == 1)) shape.push_back(input.shape[axis]);
    }
    return {{input.dtype, shape}};
}

}  // namespace

extern const OpSpec spec{.name = "Squeeze",
                         .attributes = kAttributes,
                         .infer = infer,
                         .reference = reference_view,
                         .lower = lower_view};

}  // namespace dyce::ops::squeeze
