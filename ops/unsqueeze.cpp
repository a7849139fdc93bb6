// Inserts dimensions of size 1 so that they stand at `axes` of the output. ONNX Unsqueeze-25; `axes` is an
// attribute here.
#include "ops/spec/checks.h"
#include "ops/view.h"

#include <algorithm>

namespace dyce::ops::unsqueeze {
namespace {

constexpr AttributeSpec kAttributes[] = {{"axes", AttributeKind::kInts, true}};

std::vector<TensorType> infer(const OpCall& call) {
    const TensorType& input = call.inputs[0];
    const auto wanted = call.attributes.integers("axes");
    if (wanted.size() > static_cast<std::size_t>(Shape::kMaxRank - input.shape.rank()))
        call.fail("cannot insert " + std::to_string(wanted.size()) + " axes into " + input.shape.to_string() +
                  ": over rank " + std::to_string(Shape::kMaxRank));
    const int rank = input.shape.rank() + static_cast<int>(wanted.size());
    const auto axes = resolve_axes(call, wanted, rank);
    Shape shape;
    const std::int64_t* next = input.shape.begin();
    for (int axis = 0; axis < rank; ++axis)
        shape.push_back(std::find(axes.begin(), axes.end(), axis) != axes.end() ? 1 : *next++);
    return {{input.dtype, shape}};
}

}  // namespace

extern const OpSpec spec{.name = "Unsqueeze",
                         .attributes = kAttributes,
                         .infer = infer,
                         .reference = reference_view,
                         .lower = lower_view};

}  // namespace dyce::ops::unsqueeze
