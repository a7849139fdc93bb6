#include "ops/resize_axis.h"

#include "ops/lowering/element_copy.h"
#include "ops/spec/checks.h"

#include <algorithm>
#include <cmath>

namespace dyce::ops {
namespace {

constexpr float kMaxSize = 0x1p31f;

using Coordinate = float (*)(float x, const ResizeAxis& axis);

// The output's width before it is rounded down to whole pixels.
float width(const ResizeAxis& axis) { return axis.scale * static_cast<float>(axis.input); }

float half_pixel(float x, const ResizeAxis& axis) { return (x + 0.5f) / axis.scale - 0.5f; }

// Keeps the centres of input and output together when rounding has cut the output's width.
float half_pixel_symmetric(float x, const ResizeAxis& axis) {
    const float adjustment = static_cast<float>(axis.output) / width(axis);
    const float offset = static_cast<float>(axis.input) / 2 * (1 - adjustment);
    return offset + half_pixel(x, axis);
}

float pytorch_half_pixel(float x, const ResizeAxis& axis) {
    return axis.output > 1 ? half_pixel(x, axis) : 0;
}

float align_corners(float x, const ResizeAxis& axis) {
    return width(axis) == 1 ? 0 : x * static_cast<float>(axis.input - 1) / (width(axis) - 1);
}

float asymmetric(float x, const ResizeAxis& axis) { return x / axis.scale; }

float tf_half_pixel_for_nn(float x, const ResizeAxis& axis) { return (x + 0.5f) / axis.scale; }

float tf_crop_and_resize(float x, const ResizeAxis& axis) {
    const auto last = static_cast<float>(axis.input - 1);
    if (axis.output == 1) return 0.5f * (axis.roi_begin + axis.roi_end) * last;
    return axis.roi_begin * last +
           x * (axis.roi_end - axis.roi_begin) * last / static_cast<float>(axis.output - 1);
}

using Rounding = float (*)(float x);

float round_prefer_floor(float x) { return std::ceil(x - 0.5f); }
float round_prefer_ceil(float x) { return std::floor(x + 0.5f); }
float round_down(float x) { return std::floor(x); }
float round_up(float x) { return std::ceil(x); }

template <class Function>
struct Named {
    const char* name;
    Function function;
};

constexpr Named<Coordinate> kCoordinates[] = {
    {"half_pixel", half_pixel},
    {"half_pixel_symmetric", half_pixel_symmetric},
    {"pytorch_half_pixel", pytorch_half_pixel},
    {"align_corners", align_corners},
    {"asymmetric", asymmetric},
    {"tf_half_pixel_for_nn", tf_half_pixel_for_nn},
    {"tf_crop_and_resize", tf_crop_and_resize},
};

constexpr Named<Rounding> kRoundings[] = {
    {"round_prefer_floor", round_prefer_floor},
    {"round_prefer_ceil", round_prefer_ceil},
    {"floor", round_down},
    {"ceil", round_up},
};

// The function that an attribute names; the first one by default.
template <class Function, std::size_t N>
Function chosen(const OpCall& call, const char* attribute, const Named<Function> (&table)[N]) {
    const std::string name = call.attributes.text(attribute, table[0].name);
    std::string known;
    for (const auto& entry : table) {
        if (name == entry.name) return entry.function;
        known += (known.empty() ? "" : ", ") + std::string(entry.name);
    }
    call.fail(std::string(attribute) + " " + name + " is not implemented, expected one of " + known);
}

float coordinate(Coordinate transform, std::int64_t position, const ResizeAxis& axis) {
    if (axis.is_identity()) return static_cast<float>(position);
    return transform(static_cast<float>(position), axis);
}

std::int64_t clamped(float x, const ResizeAxis& axis) {
    return static_cast<std::int64_t>(std::clamp(x, 0.f, static_cast<float>(axis.input - 1)));
}

// The one scale of all axes under keep_aspect_ratio_policy, or 0 when each has its own.
float common_scale(const OpCall& call, const std::vector<std::int64_t>& sizes, const std::vector<int>& axes) {
    const std::string policy = call.attributes.text("keep_aspect_ratio_policy", "stretch");
    if (policy != "stretch" && policy != "not_larger" && policy != "not_smaller")
        call.fail("keep_aspect_ratio_policy is \"" + policy +
                  "\", expected stretch, not_larger or not_smaller");
    if (policy == "stretch" || axes.empty()) return 0;
    std::vector<float> scales;
    for (std::size_t i = 0; i < axes.size(); ++i)
        scales.push_back(static_cast<float>(sizes[i]) / static_cast<float>(call.inputs[0].shape[axes[i]]));
    return policy == "not_larger" ? *std::min_element(scales.begin(), scales.end())
                                  : *std::max_element(scales.begin(), scales.end());
}

}  // namespace

std::vector<ResizeAxis> resize_axes(const OpCall& call) {
    const Shape& input = call.inputs[0].shape;
    std::vector<ResizeAxis> result;
    std::vector<std::int64_t> all;
    for (int axis = 0; axis < input.rank(); ++axis) {
        result.push_back({input[axis], input[axis], 1});
        all.push_back(axis);
    }
    const auto axes = resolve_axes(call, call.attributes.integers("axes", all), input.rank());
    const auto scales = call.attributes.reals("scales");
    const auto sizes = call.attributes.integers("sizes");
    if (scales.empty() == sizes.empty() && !axes.empty()) call.fail("expected either scales or sizes");
    if (scales.size() + sizes.size() != axes.size())
        call.fail("has " + std::to_string(scales.size() + sizes.size()) + " scales or sizes for " +
                  std::to_string(axes.size()) + " axes");
    const float common = sizes.empty() ? 0 : common_scale(call, sizes, axes);
    const auto roi = call.attributes.reals("roi");
    if (is_cropped(call) && roi.size() != 2 * axes.size())
        call.fail("roi has " + std::to_string(roi.size()) + " numbers for " + std::to_string(axes.size()) +
                  " axes");
    for (std::size_t i = 0; i < axes.size(); ++i) {
        ResizeAxis& axis = result[static_cast<std::size_t>(axes[i])];
        const auto length = static_cast<float>(axis.input);
        if (!scales.empty()) {
            axis.scale = scales[i];
        } else {
            axis.scale = common > 0 ? common : static_cast<float>(sizes[i]) / length;
        }
        if (is_cropped(call)) axis.roi_begin = roi[i], axis.roi_end = roi[i + axes.size()];
        if (!std::isfinite(axis.roi_begin) || !std::isfinite(axis.roi_end)) call.fail("roi is not finite");
        const float exact = axis.scale * length * (scales.empty() ? 1 : axis.roi_end - axis.roi_begin);
        if (!(axis.scale > 0) || !(exact < kMaxSize) || (!sizes.empty() && sizes[i] < 1))
            call.fail("cannot resize axis " + std::to_string(axes[i]) + " of " + input.to_string() + " to " +
                      (sizes.empty() ? "scale " + std::to_string(scales[i]) : std::to_string(sizes[i])));
        if (!sizes.empty() && common == 0)
            axis.output = sizes[i];
        else
            axis.output =
                static_cast<std::int64_t>(common > 0 ? std::floor(exact + 0.5f) : std::floor(exact));
        if (axis.output < 1 && axis.input > 0)
            call.fail("axis " + std::to_string(axes[i]) + " of " + input.to_string() +
                      " resized leaves nothing");
    }
    return result;
}

void check_resize_modes(const OpCall& call) {
    (void)chosen(call, "coordinate_transformation_mode", kCoordinates);
    (void)chosen(call, "nearest_mode", kRoundings);
}

bool is_cropped(const OpCall& call) {
    return call.attributes.text("coordinate_transformation_mode", "") == "tf_crop_and_resize";
}

float resize_coordinate(const OpCall& call, std::int64_t position, const ResizeAxis& axis) {
    return coordinate(chosen(call, "coordinate_transformation_mode", kCoordinates), position, axis);
}

std::vector<std::int64_t> nearest_positions(const OpCall& call, const ResizeAxis& axis) {
    const auto transform = chosen(call, "coordinate_transformation_mode", kCoordinates);
    const auto rounding = chosen(call, "nearest_mode", kRoundings);
    std::vector<std::int64_t> positions;
    for (std::int64_t i = 0; i < axis.output; ++i) {
        const float x = coordinate(transform, i, axis);
        const bool is_outside = is_cropped(call) && (x < 0 || x > static_cast<float>(axis.input - 1));
        positions.push_back(is_outside ? kOutside : clamped(rounding(x), axis));
    }
    return positions;
}

std::vector<Blend> linear_blends(const OpCall& call, const ResizeAxis& axis) {
    const auto transform = chosen(call, "coordinate_transformation_mode", kCoordinates);
    std::vector<Blend> blends;
    for (std::int64_t i = 0; i < axis.output; ++i) {
        const float x = coordinate(transform, i, axis), low = std::floor(x);
        blends.push_back({clamped(low, axis), clamped(low + 1, axis), x - low});
    }
    return blends;
}

}  // namespace dyce::ops
