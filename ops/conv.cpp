// Cross-correlation with zero padding: y[n,o] = bias[o] + sum over the group's channels and taps of
// weight[o,c,tap] * x[n,c,position of tap]. ONNX Conv-22, one to three spatial axes.
#include "ops/lowering/int8_convolution.h"
#include "ops/lowering/post_ops.h"
#include "ops/lowering/select_implementation.h"
#include "ops/lowering/window.h"
#include "ops/lowering/winograd.h"
#include "ops/spec/checks.h"
#include "runtime/core/checked.h"

#include <algorithm>

namespace dyce::ops::conv {

extern const OpSpec spec;

namespace {

constexpr AttributeSpec kAttributes[] = {
    {"auto_pad", AttributeKind::kString}, {"dilations", AttributeKind::kInts},
    {"group", AttributeKind::kInt},       {"kernel_shape", AttributeKind::kInts},
    {"pads", AttributeKind::kInts},       {"strides", AttributeKind::kInts}};

// Outputs of a channel from which on kernels for channels in blocks are no slower.
constexpr std::int64_t kPositionsForBlocks = 64;
// Two blocks of channels: a network that begins with less gains nothing by them in its first layers.
constexpr std::int64_t kChannelsForBlocks = 32;

struct Geometry {
    Window window;
    std::int64_t group, group_inputs, group_outputs;  // channels per group
};

Geometry geometry_of(const OpCall& call) {
    const Shape& input = call.inputs[0].shape;
    const Shape& weights = call.inputs[1].shape;
    if (weights.rank() != input.rank() || weights.rank() < 3)
        call.fail("weights are " + weights.to_string() + " for an input of " + input.to_string() +
                  ", expected equal ranks of 3 to 5");
    const std::vector<std::int64_t> kernel(weights.begin() + 2, weights.end());
    if (call.attributes.integers("kernel_shape", kernel) != kernel)
        call.fail("kernel_shape is " + list_text(call.attributes.integers("kernel_shape")) +
                  ", but weights are " + weights.to_string());
    const std::int64_t group = call.attributes.integer("group", 1);
    if (group < 1 || input[1] % group != 0 || weights[0] % group != 0)
        call.fail("group is " + std::to_string(group) + ", expected a divisor of " +
                  std::to_string(input[1]) + " input and " + std::to_string(weights[0]) + " output channels");
    if (weights[1] != input[1] / group)
        call.fail("weights are " + weights.to_string() + ", expected " + std::to_string(input[1] / group) +
                  " input channels a group");
    return {resolve_window(call, input, kernel), group, weights[1], weights[0] / group};
}

std::vector<TensorType> infer(const OpCall& call) {
    expect_float32(call);
    const Geometry geometry = geometry_of(call);
    const std::int64_t outputs = call.inputs[1].shape[0];
    if (call.inputs.size() > 2 && call.inputs[2].shape != Shape{outputs})
        call.fail("bias is " + call.inputs[2].shape.to_string() + ", expected " + std::to_string(outputs));
    return {{DataType::kFloat32, output_shape(call.inputs[0].shape[0], outputs, geometry.window)}};
}

std::int64_t macs(const OpCall& call) {
    const std::int64_t outputs = infer(call)[0].shape.elements();
    const Shape& weights = call.inputs[1].shape;
    std::int64_t total = outputs;
    for (int axis = 1; axis < weights.rank(); ++axis)
        if (!checked_multiply(total, weights[axis], &total))
            call.fail("multiply-adds of " + weights.to_string() + " weights at " + std::to_string(outputs) +
                      " outputs overflow 63 bits");
    return total;
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const auto [window, group, group_inputs, group_outputs] = geometry_of(call);
    std::int64_t source_plane = 1, destination_plane = 1, taps = 1;
    for (const WindowAxis& axis : window) {
        source_plane *= axis.input;
        destination_plane *= axis.output;
        taps *= axis.kernel;
    }
    const std::int64_t step = window.back().stride;
    const float* weights = in[1].data<float>();
    float* destination = out[0].data<float>();
    for (std::int64_t n = 0; n < in[0].shape[0]; ++n)
        for (std::int64_t o = 0; o < group * group_outputs; ++o, destination += destination_plane) {
            std::fill_n(destination, destination_plane, in.size() > 2 ? in[2].data<float>()[o] : 0.f);
            const std::int64_t first = n * group * group_inputs + o / group_outputs * group_inputs;
            for (std::int64_t c = 0; c < group_inputs; ++c) {
                const float* source = in[0].data<float>() + (first + c) * source_plane;
                const float* kernel = weights + (o * group_inputs + c) * taps;
                visit_taps(window,
                           [&](std::int64_t tap, std::int64_t from, std::int64_t to, std::int64_t count) {
                               const float weight = kernel[tap];
                               for (std::int64_t i = 0; i < count; ++i)
                                   destination[to + i] += weight * source[from + i * step];
                           });
            }
        }
}

// The first residual Add: its operand becomes what the destination holds before the convolution adds to it.
int residual_of(const OpCall& call, const Lowering& lowering) {
    for (std::size_t i = 0; i < call.post_ops.size(); ++i)
        if (call.post_ops[i].spec->binary == BinaryKind::kAdd &&
            lowering.input_type(call.post_ops[i].operand) == lowering.output_type(0))
            return static_cast<int>(i);
    return -1;
}

// Int8Convolution are left where the residual, too, can be had in integers.
std::optional<Int8Convolution> int8_convolution_of(const OpCall& call, const Lowering& lowering) {
    auto integers = find_int8_convolution(call, lowering);
    const int residual = residual_of(call, lowering);
    if (integers && residual >= 0 &&
        !lowering.quantized_input(call.post_ops[static_cast<std::size_t>(residual)].operand))
        integers->destination.reset();
    return integers;
}

Sum sum_of(const OpCall& call, const Lowering& lowering, bool to_integers) {
    const int residual = residual_of(call, lowering);
    if (residual < 0 || !to_integers) return {residual};
    const auto held = lowering.quantized_input(call.post_ops[static_cast<std::size_t>(residual)].operand);
    return {residual, type_of(*held), held->scale};
}

Buffer destination_of(const OpCall& call, Lowering& lowering, const Sum& sum, const MemoryDesc& desc,
                      float scale) {
    if (sum.post_op < 0) return lowering.output(0, desc, scale);
    const int operand = call.post_ops[static_cast<std::size_t>(sum.post_op)].operand;
    const Buffer held = lowering.native_input(operand);
    // Int8Convolution of the operand have a sign and a scale of their own.
    const MemoryDesc before = sum.type == DescType::undef ? desc : like(desc, dims_of(desc), sum.type);
    if (held.desc == before && lowering.can_overwrite(operand)) {
        Buffer destination = lowering.see_as(held, desc);
        destination.scale = scale;
        lowering.forward(0, destination, desc);
        return destination;
    }
    const Buffer destination = lowering.output(0, desc, scale);
    Buffer copy = lowering.see_as(destination, before);
    copy.scale = sum.scale;
    lowering.reorder(held, copy);
    return destination;
}

// Whether kernels run about as fast in either layout of channels, so that the one they are given saves a
// re-order. With a window, kernels for channels in blocks read all weights again for each row of outputs: at
// 7x7 that takes 1.3 times as long as channels last do.
bool keeps_layout(const Geometry& geometry) {
    const bool is_point = std::all_of(geometry.window.begin(), geometry.window.end(),
                                      [](const WindowAxis& axis) { return axis.kernel == 1; });
    const std::int64_t positions = output_shape(1, 1, geometry.window).elements();
    return geometry.group > 1 || is_point || positions >= kPositionsForBlocks;
}

// Whether oneDNN has a kernel of its own for the operation, not only loops or a detour over matrices.
bool has_kernel(const onednn::Descriptor& candidates) {
    if (!candidates) return false;
    const std::string name = candidates.impl_info_str();
    return name.find("ref") == std::string::npos && name.find("gemm") == std::string::npos;
}

onednn::Descriptor select_kernel(const OpCall& call, Lowering& lowering, const Int8Convolution* integers,
                                 const Dims& weights, const MemoryDesc* bias,
                                 const dnnl::primitive_attr& attributes) {
    const Geometry geometry = geometry_of(call);
    DescType type = lowering.convolution_type(), weights_type = type, destination_type = type;
    if (integers != nullptr) {
        type = type_of(integers->source);
        weights_type = DescType::s8;
        if (integers->destination) destination_type = type_of(*integers->destination);
    }
    const Dims inputs = dims_of(call.inputs[0].shape), outputs = dims_of(lowering.output_type(0).shape);
    const auto describe_as = [&](dnnl::algorithm algorithm, const MemoryDesc& source, const Dims& to) {
        return onednn::convolution(lowering.engine(), algorithm, source, any_desc(weights, weights_type),
                                   bias, any_desc(to, destination_type), onednn_window(geometry.window),
                                   attributes);
    };
    const auto describe = [&](const MemoryDesc& source) {
        return describe_as(dnnl::algorithm::convolution_direct, source, outputs);
    };
    if (type == DescType::f32 && !lowering.saves_memory() &&
        suits_winograd(spec, call, lowering.planned_rows())) {
        const auto describe_rows = [&](std::int64_t rows) {
            Dims from = inputs, to = outputs;
            from[0] = to[0] = rows;
            return describe_as(dnnl::algorithm::convolution_winograd, any_desc(from), to);
        };
        if (auto chosen = select_winograd(describe_rows, inputs[0], lowering)) return chosen;
    }
    MemoryDesc source = any_desc(inputs, type);
    if (integers != nullptr && !has_kernel(describe(source))) return {};
    const MemoryDesc given = lowering.native_input(0).desc;
    if (keeps_layout(geometry) && type_of(given) == type && !is_plain(given) && has_kernel(describe(given)))
        source = given;
    // The first layer of a network whose others want channels in blocks of sixteen; it takes images as they
    // are.
    if (is_plain(given) && lowering.prefers_blocks() && call.inputs[1].shape[0] >= kChannelsForBlocks)
        prefer("jit:", describe(source), lowering);
    // For depthwise convolutions oneDNN's first choice ("brdgmm_dw") is up to twice as slow as the second.
    if (geometry.group > 1 && geometry.group_inputs == 1) prefer("jit_dw", describe(source), lowering);
    return select_implementation(describe(source), lowering);
}

// Whether oneDNN has a kernel: of integers, or of the numbers that convolutions take.
bool lower_as(const Int8Convolution* integers, const OpCall& call, Lowering& lowering) {
    const Geometry geometry = geometry_of(call);
    Dims weight_dims = dims_of(call.inputs[1].shape);
    if (geometry.group > 1) {  // oneDNN's grouped weights: (G, O/G, I/G, ..)
        weight_dims[0] = geometry.group_outputs;
        weight_dims.insert(weight_dims.begin(), geometry.group);
    }
    const bool biased = call.inputs.size() > 2;
    const MemoryDesc bias = plain_desc(Dims{call.inputs[1].shape[0]});
    const bool to_integers = integers != nullptr && integers->destination;
    const Sum sum = sum_of(call, lowering, to_integers);
    Fusion fusion = fuse(call, lowering, {}, sum);
    if (integers != nullptr) add_scales(*integers, geometry.group > 1, lowering, fusion);
    const auto descriptor =
        select_kernel(call, lowering, integers, weight_dims, biased ? &bias : nullptr, fusion.attributes);
    if (!descriptor) return false;

    const auto layout = [&](dnnl::query of) { return descriptor.query_md(of, 0); };
    auto& arguments = fusion.arguments;
    arguments.push_back({DNNL_ARG_SRC, lowering.input_as(0, layout(dnnl::query::src_md))});
    const MemoryDesc packed = layout(dnnl::query::weights_md);
    arguments.push_back({DNNL_ARG_WEIGHTS, integers != nullptr
                                               ? lowering.rounded_weights(1, integers->weight_steps,
                                                                          plain_desc(weight_dims), packed)
                                               : lowering.weights(1, plain_desc(weight_dims), packed)});
    if (biased)
        arguments.push_back({DNNL_ARG_BIAS, integers != nullptr ? bias_of(*integers, 2, lowering)
                                                                : lowering.weights(2, bias, bias)});
    arguments.push_back({DNNL_ARG_DST, destination_of(call, lowering, sum, layout(dnnl::query::dst_md),
                                                      to_integers ? integers->destination->scale : 1)});
    lowering.run(descriptor, std::move(arguments));
    return true;
}

void lower(const OpCall& call, Lowering& lowering) {
    const auto integers = int8_convolution_of(call, lowering);
    if (integers && lower_as(&*integers, call, lowering)) return;
    if (!lower_as(nullptr, call, lowering)) lower_by_reference(spec, call, lowering);
}

}  // namespace

extern const OpSpec spec{.name = "Conv",
                         .min_inputs = 2,
                         .max_inputs = 3,
                         .attributes = kAttributes,
                         .infer = infer,
                         .macs = macs,
                         .reference = reference,
                         .lower = lower,
                         .takes_post_ops = true};

}  // namespace dyce::ops::conv
