// Per channel (axis 1): (x - mean) / sqrt(variance + epsilon) * scale + bias, with stored statistics.
// Inputs x, scale, bias, mean, variance. ONNX BatchNormalization-15 for inference.
#include "ops/lowering/post_ops.h"
#include "ops/lowering/select_implementation.h"
#include "ops/spec/checks.h"

#include <cmath>

namespace dyce::ops::batch_normalization {

extern const OpSpec spec;

namespace {

constexpr AttributeSpec kAttributes[] = {{"epsilon", AttributeKind::kFloat}};

// The same as scale * x + shift.
struct Affine {
    double scale, shift;
};

Affine affine_of(const OpCall& call, std::int64_t channel, const std::array<const float*, 4>& parameters) {
    const auto [scale, bias, mean, variance] = parameters;
    const double factor =
        scale[channel] / std::sqrt(double(variance[channel]) + call.attributes.real("epsilon", 1e-5f));
    return {factor, bias[channel] - factor * mean[channel]};
}

std::vector<TensorType> infer(const OpCall& call) {
    expect_float32(call);
    const Shape& x = call.inputs[0].shape;
    if (x.rank() < 2) call.fail("input is " + x.to_string() + ", expected rank 2 or more");
    constexpr const char* kNames[] = {"scale", "bias", "mean", "variance"};
    for (std::size_t i = 1; i < 5; ++i)
        if (call.inputs[i].shape != Shape{x[1]})
            call.fail(std::string(kNames[i - 1]) + " is " + call.inputs[i].shape.to_string() + ", expected " +
                      std::to_string(x[1]));
    return {call.inputs[0]};
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const Shape& shape = in[0].shape;
    const std::int64_t plane = Shape(shape.begin() + 2, shape.end()).elements();
    const float* source = in[0].data<float>();
    float* destination = out[0].data<float>();
    for (std::int64_t n = 0; n < shape[0]; ++n)
        for (std::int64_t c = 0; c < shape[1]; ++c, source += plane, destination += plane) {
            const auto [scale, shift] = affine_of(
                call, c,
                {in[1].data<float>(), in[2].data<float>(), in[3].data<float>(), in[4].data<float>()});
            for (std::int64_t i = 0; i < plane; ++i)
                destination[i] = static_cast<float>(scale * source[i] + shift);
        }
}

// One number of affine_of() for each channel, laid out to follow the input.
Buffer per_channel(const OpCall& call, Lowering& lowering, double Affine::*number, const MemoryDesc& desc) {
    const Buffer plain = lowering.derived(number == &Affine::scale ? "scale" : "shift", [&] {
        const Dims dims = dims_of(desc);
        Tensor values(DataType::kFloat32, Shape(dims.begin(), dims.end()));
        const auto parameter = [&](int i) { return lowering.constant(i)->data<float>(); };
        for (std::int64_t c = 0; c < dims[1]; ++c)
            values.mutable_data<float>()[c] = static_cast<float>(
                affine_of(call, c, {parameter(1), parameter(2), parameter(3), parameter(4)}).*number);
        return values;
    });
    if (is_plain(desc)) return lowering.see_as(plain, desc);
    const Buffer blocked = lowering.temporary(desc);
    lowering.reorder(plain, blocked);
    return blocked;
}

bool lower_as(const MemoryDesc& layout, const OpCall& call, Lowering& lowering) {
    const Dims dims = dims_of(layout);
    Dims channels(dims.size(), 1);
    channels[1] = dims[1];
    const MemoryDesc vector = like(layout, channels);
    dnnl::post_ops shift;
    shift.append_binary(dnnl::algorithm::binary_add, vector);
    auto attributes = onednn::user_scratchpad();
    attributes.set_post_ops(shift);
    const auto descriptor = skip_plain_loops(
        onednn::binary(lowering.engine(), dnnl::algorithm::binary_mul, layout, vector, layout, attributes));
    if (!descriptor) return false;
    lowering.run(descriptor, {{DNNL_ARG_SRC_0, lowering.input_as(0, layout)},
                              {DNNL_ARG_SRC_1, per_channel(call, lowering, &Affine::scale, vector)},
                              {DNNL_ARG_ATTR_MULTIPLE_POST_OP(0) | DNNL_ARG_SRC_1,
                               per_channel(call, lowering, &Affine::shift, vector)},
                              {DNNL_ARG_DST, lowering.output(0, layout)}});
    return true;
}

void lower(const OpCall& call, Lowering& lowering) {
    bool constant = true;
    for (int i = 1; i < 5; ++i) constant = constant && lowering.constant(i) != nullptr;
    const Dims dims = dims_of(call.inputs[0].shape);
    if (constant && lower_as(like(lowering.input(0).desc, dims), call, lowering)) return;
    if (constant && lower_as(plain_desc(dims), call, lowering)) return;
    lower_by_reference(spec, call, lowering);
}

}  // namespace

extern const OpSpec spec{.name = "BatchNormalization",
                         .min_inputs = 5,
                         .max_inputs = 5,
                         .attributes = kAttributes,
                         .infer = infer,
                         .reference = reference,
                         .lower = lower};

}  // namespace dyce::ops::batch_normalization
