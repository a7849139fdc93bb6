// Resize where an output is a weighted sum of any number of input positions: cubic, antialiased, or cropped.
// Values; stateless.
#pragma once

#include "ops/resize_axis.h"

namespace dyce::ops {

/// Of one output position along one axis; none where it lies outside the input and is extrapolated.
struct WeightedPositions {
    std::vector<std::int64_t> at;
    std::vector<float> weights;
};

/// Whether two neighbours an axis do not do: mode cubic, antialias, or linear with tf_crop_and_resize.
bool has_weights(const OpCall& call);
/// For each output position of the axis.
std::vector<WeightedPositions> resize_weights(const OpCall& call, const ResizeAxis& axis);

/// One axis of (outer, axis.input, inner) to (outer, axis.output, inner); what is outside becomes `outside`.
std::vector<float> resize_by_weights(const std::vector<float>& source, const ResizeAxis& axis,
                                     const std::vector<WeightedPositions>& positions, std::int64_t inner,
                                     float outside);

}  // namespace dyce::ops
