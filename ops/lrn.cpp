// Local response normalisation: x / (bias + alpha / size * s) ^ beta, s being the sum of squares of the same
// pixel in `size` neighbouring channels. ONNX LRN-13.
#include "ops/spec/checks.h"

#include <algorithm>
#include <cmath>

namespace dyce::ops::lrn {
namespace {

constexpr AttributeSpec kAttributes[] = {{"alpha", AttributeKind::kFloat},
                                         {"beta", AttributeKind::kFloat},
                                         {"bias", AttributeKind::kFloat},
                                         {"size", AttributeKind::kInt, true}};

std::vector<TensorType> infer(const OpCall& call) {
    expect_float32(call);
    if (call.inputs[0].shape.rank() < 2)
        call.fail("input is " + call.inputs[0].shape.to_string() + ", expected rank 2 or more");
    if (call.attributes.integer("size", 0) < 1)
        call.fail("size is " + std::to_string(call.attributes.integer("size", 0)) + ", expected 1 or more");
    return {call.inputs[0]};
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const Shape& shape = in[0].shape;
    const std::int64_t channels = shape[1], pixels = Shape(shape.begin() + 2, shape.end()).elements();
    const std::int64_t size = call.attributes.integer("size", 1);
    const double alpha = call.attributes.real("alpha", 1e-4f) / static_cast<double>(size);
    const double beta = call.attributes.real("beta", 0.75f), bias = call.attributes.real("bias", 1);
    std::vector<double> sums(static_cast<std::size_t>(pixels));
    for (std::int64_t n = 0; n < shape[0]; ++n)
        for (std::int64_t c = 0; c < channels; ++c) {
            const std::int64_t first = std::max<std::int64_t>(c - (size - 1) / 2, 0);
            const std::int64_t last = std::min(c + size / 2 + 1, channels);
            std::fill(sums.begin(), sums.end(), 0.);
            for (std::int64_t k = first; k < last; ++k) {
                const float* x = in[0].data<float>() + (n * channels + k) * pixels;
                for (std::int64_t i = 0; i < pixels; ++i)
                    sums[static_cast<std::size_t>(i)] +=
                        static_cast<double>(x[i]) * static_cast<double>(x[i]);
            }
            const float* x = in[0].data<float>() + (n * channels + c) * pixels;
            float* y = out[0].data<float>() + (n * channels + c) * pixels;
            for (std::int64_t i = 0; i < pixels; ++i)
                y[i] = static_cast<float>(static_cast<double>(x[i]) /
                                          std::pow(bias + alpha * sums[static_cast<std::size_t>(i)], beta));
        }
}

}  // namespace

extern const OpSpec spec{
    .name = "LRN", .attributes = kAttributes, .onnx_since = 6, .infer = infer, .reference = reference};

}  // namespace dyce::ops::lrn
