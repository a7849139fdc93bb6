// How Resize maps one axis: sizes, scale, and for each output position the input positions it reads.
// ONNX Resize-19. All coordinates are float32, as in the frameworks that export models. Values; stateless.
#pragma once

#include "ops/spec/op.h"

namespace dyce::ops {

struct ResizeAxis {
    std::int64_t input = 1;
    std::int64_t output = 1;
    float scale = 1;                   ///< output pixels per input pixel; need not be output / input exactly
    float roi_begin = 0, roi_end = 1;  ///< the part that is resized (tf_crop_and_resize), of the axis

    bool is_identity() const { return input == output && scale == 1 && roi_begin == 0 && roi_end == 1; }
};

/// One for each axis of the input, from `sizes` or `scales`, `axes` and `keep_aspect_ratio_policy`.
/// Throws Error{kContent} when they do not fit.
std::vector<ResizeAxis> resize_axes(const OpCall& call);

/// Refuses unknown values of coordinate_transformation_mode and nearest_mode.
void check_resize_modes(const OpCall& call);

/// Whether the output is a part of the input, by `roi`, and what lies outside `extrapolation_value`.
bool is_cropped(const OpCall& call);
/// Where the output position lies on the input's axis.
float resize_coordinate(const OpCall& call, std::int64_t position, const ResizeAxis& axis);

/// For each output position the nearest input position, by `nearest_mode`; kOutside for what is extrapolated.
std::vector<std::int64_t> nearest_positions(const OpCall& call, const ResizeAxis& axis);

/// out = (1 - weight) * in[lower] + weight * in[upper].
struct Blend {
    std::int64_t lower, upper;
    float weight;
};
std::vector<Blend> linear_blends(const OpCall& call, const ResizeAxis& axis);

}  // namespace dyce::ops
