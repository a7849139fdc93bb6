// The dimensions before `axis` become one, those from it on another. ONNX Flatten-25.
#include "ops/view.h"

namespace dyce::ops::flatten {
namespace {

constexpr AttributeSpec kAttributes[] = {{"axis", AttributeKind::kInt}};

std::vector<TensorType> infer(const OpCall& call) {
    const TensorType& input = call.inputs[0];
    const int rank = input.shape.rank();
    const std::int64_t axis = call.attributes.integer("axis", 1);
    if (axis < -rank || axis > rank)
        call.fail("axis is " + std::to_string(axis) + ", expected -" + std::to_string(rank) + " to " +
                  std::to_string(rank));
    const auto split = input.shape.begin() + (axis < 0 ? axis + rank : axis);
    return {{input.dtype,
             {Shape(input.shape.begin(), split).elements(), Shape(split, input.shape.end()).elements()}}};
}

}  // namespace

extern const OpSpec spec{.name = "Flatten",
                         .attributes = kAttributes,
                         .onnx_since = 6,
                         .infer = infer,
                         .reference = reference_view,
                         .lower = lower_view};

}  // namespace dyce::ops::flatten
