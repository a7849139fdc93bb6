// Resamples any axes: "nearest" copies elements of any type, "linear" blends two float32 neighbours an axis,
// "cubic" four, edges repeated; with `antialias` as many as an output pixel covers. ONNX Resize-19; `roi`,
// `scales` and `sizes` are attributes here. `exclude_outside` and `cubic_coeff_a` have no meaning for plain
// linear: dropping a neighbour outside the input is the same as repeating the edge.
#include "ops/lowering/lower_copy.h"
#include "ops/lowering/post_ops.h"
#include "ops/lowering/select_implementation.h"
#include "ops/resize_axis.h"
#include "ops/resize_weights.h"
#include "ops/spec/checks.h"
#include "ops/spec/element_type.h"

#include <array>
#include <cstring>

namespace dyce::ops::resize {

extern const OpSpec spec;

namespace {

constexpr AttributeSpec kAttributes[] = {{"antialias", AttributeKind::kInt},
                                         {"axes", AttributeKind::kInts},
                                         {"coordinate_transformation_mode", AttributeKind::kString},
                                         {"cubic_coeff_a", AttributeKind::kFloat},
                                         {"exclude_outside", AttributeKind::kInt},
                                         {"extrapolation_value", AttributeKind::kFloat},
                                         {"keep_aspect_ratio_policy", AttributeKind::kString},
                                         {"mode", AttributeKind::kString},
                                         {"nearest_mode", AttributeKind::kString},
                                         {"roi", AttributeKind::kFloats},
                                         {"scales", AttributeKind::kFloats},
                                         {"sizes", AttributeKind::kInts}};

bool is_nearest(const OpCall& call) { return call.attributes.text("mode", "nearest") == "nearest"; }

std::vector<TensorType> infer(const OpCall& call) {
    const std::string mode = call.attributes.text("mode", "nearest");
    if (mode != "nearest" && mode != "linear" && mode != "cubic")
        call.fail("mode " + mode + " is not implemented, expected nearest, linear or cubic");
    if (!is_nearest(call)) expect_float32(call);
    check_resize_modes(call);
    TensorType output{call.inputs[0].dtype, {}};
    for (const ResizeAxis& axis : resize_axes(call)) output.shape.push_back(axis.output);
    return {output};
}

// One axis of (outer, axis.input, inner) blended to (outer, axis.output, inner).
std::vector<float> blend(const std::vector<float>& source, const std::vector<Blend>& blends,
                         std::int64_t input, std::int64_t inner) {
    const std::int64_t outer = static_cast<std::int64_t>(source.size()) / (input * inner);
    std::vector<float> result;
    result.reserve(static_cast<std::size_t>(outer * inner) * blends.size());
    for (std::int64_t o = 0; o < outer; ++o)
        for (const Blend& to : blends) {
            const float* low = source.data() + (o * input + to.lower) * inner;
            const float* high = source.data() + (o * input + to.upper) * inner;
            for (std::int64_t i = 0; i < inner; ++i)
                result.push_back((1 - to.weight) * low[i] + to.weight * high[i]);
        }
    return result;
}

PositionTables nearest_tables(const OpCall& call) {
    PositionTables positions;
    for (const ResizeAxis& axis : resize_axes(call)) positions.push_back(nearest_positions(call, axis));
    return positions;
}

// What lies outside the input, as one element of its type.
std::array<std::byte, 8> filler_of(const OpCall& call) {
    std::array<std::byte, 8> filler{};
    with_element_type(call.inputs[0].dtype, [&]<class T>(T) {
        const T value = convert_element<T>(call.attributes.real("extrapolation_value", 0));
        std::memcpy(filler.data(), &value, sizeof value);
    });
    return filler;
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    if (out[0].shape.elements() == 0) return;
    if (is_nearest(call))
        return copy_elements(offset_tables(nearest_tables(call), in[0].shape), in[0], out[0],
                             filler_of(call).data());
    const auto axes = resize_axes(call);
    const auto* first = in[0].data<float>();
    std::vector<float> values(first, first + in[0].shape.elements());
    std::int64_t inner = 1;  // elements of the axes already done
    for (int axis = in[0].shape.rank(); axis-- > 0;) {
        const ResizeAxis& sizes = axes[static_cast<std::size_t>(axis)];
        if (!sizes.is_identity())
            values = has_weights(call) ? resize_by_weights(values, sizes, resize_weights(call, sizes), inner,
                                                           call.attributes.real("extrapolation_value", 0))
                                       : blend(values, linear_blends(call, sizes), sizes.input, inner);
        inner *= sizes.output;
    }
    std::copy(values.begin(), values.end(), out[0].data<float>());
}

// oneDNN's linear resampling is half-pixel, of the spatial axes, by the ratio of the sizes.
bool onednn_agrees(const OpCall& call) {
    const std::string mode = call.attributes.text("coordinate_transformation_mode", "half_pixel");
    const auto axes = resize_axes(call);
    if (has_weights(call) || axes.size() < 3 || axes.size() > 5) return false;
    if (!axes[0].is_identity() || !axes[1].is_identity()) return false;
    return std::all_of(axes.begin() + 2, axes.end(), [&](const ResizeAxis& axis) {
        const bool half_pixel = mode == "half_pixel" || (mode == "pytorch_half_pixel" && axis.output > 1);
        return axis.is_identity() ||
               (half_pixel && axis.scale == static_cast<float>(axis.output) / static_cast<float>(axis.input));
    });
}

void lower(const OpCall& call, Lowering& lowering) {
    if (is_nearest(call)) return lower_copy(lowering, nearest_tables(call), filler_of(call));
    if (!onednn_agrees(call)) return lower_by_reference(spec, call, lowering);
    const Buffer source = lowering.input(0);
    const auto descriptor =
        select_implementation(onednn::resampling_linear(lowering.engine(), source.desc,
                                                        any_desc(dims_of(lowering.output_type(0).shape)),
                                                        onednn::user_scratchpad()),
                              lowering);
    if (!descriptor) return lower_by_reference(spec, call, lowering);
    lowering.run(descriptor,
                 {{DNNL_ARG_SRC, source},
                  {DNNL_ARG_DST, lowering.output(0, descriptor.query_md(dnnl::query::dst_md, 0))}});
}

}  // namespace

extern const OpSpec spec{
    .name = "Resize", .attributes = kAttributes, .infer = infer, .reference = reference, .lower = lower};

}  // namespace dyce::ops::resize
