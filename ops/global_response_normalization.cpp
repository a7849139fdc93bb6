// Channels last: with g the norm of each channel over the spatial axes, and r = g / (mean of g over channels
// + epsilon), y = gamma * (x * r) + beta + x. Inputs x (N, spatial.., C), gamma (C), beta (C).
// Woo et al., "ConvNeXt V2", 2023; domain dyce.
#include "ops/lowering/lowering.h"
#include "ops/lowering/post_ops.h"
#include "ops/spec/checks.h"
#include "runtime/core/threads.h"

#include <cmath>
#include <numeric>

namespace dyce::ops::global_response_normalization {

extern const OpSpec spec;

namespace {

constexpr AttributeSpec kAttributes[] = {{"axes", AttributeKind::kInts, true},
                                         {"epsilon", AttributeKind::kFloat}};

float epsilon_of(const OpCall& call) { return call.attributes.real("epsilon", 1e-6f); }

std::vector<TensorType> infer(const OpCall& call) {
    expect_float32(call);
    const Shape& x = call.inputs[0].shape;
    if (x.rank() < 3) call.fail("input is " + x.to_string() + ", expected rank 3 or more");
    std::vector<std::int64_t> spatial(static_cast<std::size_t>(x.rank() - 2));
    std::iota(spatial.begin(), spatial.end(), 1);
    const auto axes = call.attributes.integers("axes");
    const auto resolved = resolve_axes(call, axes, x.rank());
    if (!std::equal(resolved.begin(), resolved.end(), spatial.begin(), spatial.end()))
        call.fail("axes are " + list_text(axes) + ", expected " + list_text(spatial));
    for (std::size_t i = 1; i < 3; ++i)
        if (call.inputs[i].shape != Shape{x[-1]})
            call.fail((i == 1 ? "gamma is " : "beta is ") + call.inputs[i].shape.to_string() + ", expected " +
                      std::to_string(x[-1]));
    return {call.inputs[0]};
}

struct Sizes {
    std::int64_t images, pixels, channels;
};

Sizes sizes_of(const Shape& x) { return {x[0], Shape(x.begin() + 1, x.end() - 1).elements(), x[-1]}; }

// Turns the sums of squares of one image's channels into what its pixels are multiplied with.
void sums_to_factors(float* sums, std::int64_t channels, const float* gamma, float epsilon) {
    double mean = 0;
    for (std::int64_t c = 0; c < channels; ++c) mean += std::sqrt(double(sums[c])) / double(channels);
    for (std::int64_t c = 0; c < channels; ++c)
        sums[c] = static_cast<float>(gamma[c] * std::sqrt(double(sums[c])) / (mean + epsilon) + 1);
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const auto [images, pixels, channels] = sizes_of(in[0].shape);
    const float* x = in[0].data<float>();
    float* y = out[0].data<float>();
    const std::int64_t size = pixels * channels;
    for (std::int64_t n = 0; n < images; ++n, x += size, y += size) {
        std::vector<double> norms(static_cast<std::size_t>(channels));
        for (std::int64_t i = 0; i < size; ++i)
            norms[static_cast<std::size_t>(i % channels)] += double(x[i]) * x[i];
        for (double& norm : norms) norm = std::sqrt(norm);
        const double mean = std::accumulate(norms.begin(), norms.end(), 0.0) / double(channels);
        for (std::int64_t i = 0; i < size; ++i) {
            const auto c = static_cast<std::size_t>(i % channels);
            const double response = norms[c] / (mean + epsilon_of(call));
            y[i] =
                static_cast<float>(in[1].data<float>()[c] * x[i] * response + in[2].data<float>()[c] + x[i]);
        }
    }
}

// Two walks over the input, each shared by all threads: channels are summed apart, then pixels are scaled.
void lower(const OpCall& call, Lowering& lowering) {
    const auto [images, pixels, channels] = sizes_of(call.inputs[0].shape);
    const Buffer x = lowering.plain_input(0);
    const bool in_place = x.id == lowering.input(0).id && lowering.can_overwrite(0);
    const Buffer y = in_place ? lowering.output_over(0, 0) : lowering.plain_output(0);
    const Buffer factors = lowering.temporary(plain_desc(Dims{images, channels}));
    const auto loop = [images = images, pixels = pixels, channels = channels,
                       epsilon = epsilon_of(call)](std::span<void* const> pointers) {
        const auto* source = static_cast<const float*>(pointers[0]);
        const auto* gamma = static_cast<const float*>(pointers[1]);
        const auto* beta = static_cast<const float*>(pointers[2]);
        auto* factor = static_cast<float*>(pointers[3]);
        auto* destination = static_cast<float*>(pointers[4]);
        parallel_ranges(channels, [=](std::int64_t first, std::int64_t last) {
            for (std::int64_t n = 0; n < images; ++n) {
                float* sums = factor + n * channels;
                std::fill(sums + first, sums + last, 0.f);
                for (std::int64_t p = 0; p < pixels; ++p) {
                    const float* pixel = source + (n * pixels + p) * channels;
                    for (std::int64_t c = first; c < last; ++c) sums[c] += pixel[c] * pixel[c];
                }
            }
        });
        for (std::int64_t n = 0; n < images; ++n)
            sums_to_factors(factor + n * channels, channels, gamma, epsilon);
        parallel_ranges(images * pixels, [=](std::int64_t first, std::int64_t last) {
            for (std::int64_t p = first; p < last; ++p) {
                const float* factors_here = factor + p / pixels * channels;
                for (std::int64_t c = 0; c < channels; ++c)
                    destination[p * channels + c] = source[p * channels + c] * factors_here[c] + beta[c];
            }
        });
    };
    lowering.run(loop, {x, lowering.plain_input(1), lowering.plain_input(2), factors, y});
}

}  // namespace

extern const OpSpec spec{.name = "GlobalResponseNormalization",
                         .domain = "dyce",
                         .min_inputs = 3,
                         .max_inputs = 3,
                         .attributes = kAttributes,
                         .infer = infer,
                         .reference = reference,
                         .lower = lower};

}  // namespace dyce::ops::global_response_normalization
