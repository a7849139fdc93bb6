// Each group of neighbouring channels of an image by itself: (x - mean) / sqrt(variance + epsilon), then times
// scale and plus bias of its channel. With as many groups as channels that is instance normalisation. Inputs
// x (N, C, ..), scale (C), bias (C). ONNX GroupNormalization-21.
#include "ops/lowering/lowering.h"
#include "ops/spec/checks.h"
#include "runtime/core/threads.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace dyce::ops::group_normalization {
namespace {

constexpr AttributeSpec kAttributes[] = {{"epsilon", AttributeKind::kFloat},
                                         {"num_groups", AttributeKind::kInt, true}};

float epsilon_of(const OpCall& call) { return call.attributes.real("epsilon", 1e-5f); }

std::vector<TensorType> infer(const OpCall& call) {
    expect_float32(call);
    const Shape& x = call.inputs[0].shape;
    if (x.rank() < 2) call.fail("input is " + x.to_string() + ", expected rank 2 or more");
    const std::int64_t groups = call.attributes.integer("num_groups", 0);
    if (groups < 1 || x[1] % groups != 0)
        call.fail("num_groups is " + std::to_string(groups) + ", expected a divisor of the " +
                  std::to_string(x[1]) + " channels");
    for (std::size_t i = 1; i < 3; ++i)
        if (call.inputs[i].shape != Shape{x[1]})
            call.fail((i == 1 ? "scale is " : "bias is ") + call.inputs[i].shape.to_string() + ", expected " +
                      std::to_string(x[1]));
    return {call.inputs[0]};
}

struct Sizes {
    std::int64_t rows;      ///< groups of all images
    std::int64_t groups;    ///< of an image
    std::int64_t channels;  ///< of a group
    std::int64_t pixels;    ///< of a channel
    std::int64_t row() const { return channels * pixels; }
};

Sizes sizes_of(const OpCall& call) {
    const Shape& x = call.inputs[0].shape;
    const std::int64_t groups = call.attributes.integer("num_groups", 1);
    return {x[0] * groups, groups, x[1] / groups, Shape(x.begin() + 2, x.end()).elements()};
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const Sizes sizes = sizes_of(call);
    const float* x = in[0].data<float>();
    float* y = out[0].data<float>();
    for (std::int64_t row = 0; row < sizes.rows; ++row, x += sizes.row(), y += sizes.row()) {
        double mean = 0, variance = 0;
        for (std::int64_t i = 0; i < sizes.row(); ++i) mean += x[i] / static_cast<double>(sizes.row());
        for (std::int64_t i = 0; i < sizes.row(); ++i)
            variance += (x[i] - mean) * (x[i] - mean) / static_cast<double>(sizes.row());
        const double factor = 1 / std::sqrt(variance + epsilon_of(call));
        for (std::int64_t i = 0; i < sizes.row(); ++i) {
            const std::int64_t channel = row % sizes.groups * sizes.channels + i / sizes.pixels;
            y[i] = static_cast<float>((x[i] - mean) * factor * in[1].data<float>()[channel] +
                                      in[2].data<float>()[channel]);
        }
    }
}

// The sum of f(x) over `count` numbers, in parts that processors add side by side.
template <class Function>
double sum_of(const float* x, std::int64_t count, Function f) {
    constexpr std::int64_t kParts = 16, kChunk = 4096;
    double total = 0;
    std::int64_t i = 0;
    while (i + kParts <= count) {
        std::array<float, kParts> sums{};
        const std::int64_t end = std::min(i + kChunk, count);
        for (; i + kParts <= end; i += kParts)
            for (std::int64_t j = 0; j < kParts; ++j) sums[static_cast<std::size_t>(j)] += f(x[i + j]);
        for (const float sum : sums) total += static_cast<double>(sum);
    }
    for (; i < count; ++i) total += static_cast<double>(f(x[i]));
    return total;
}

void normalize(const Sizes& sizes, float epsilon, std::int64_t row, const float* x, const float* scale,
               const float* bias, float* y) {
    const auto count = static_cast<double>(sizes.row());
    const auto mean = static_cast<float>(sum_of(x, sizes.row(), [](float v) { return v; }) / count);
    const double variance =
        sum_of(x, sizes.row(), [mean](float v) { return (v - mean) * (v - mean); }) / count;
    const auto factor = static_cast<float>(1 / std::sqrt(variance + static_cast<double>(epsilon)));
    for (std::int64_t c = 0; c < sizes.channels; ++c, x += sizes.pixels, y += sizes.pixels) {
        const std::int64_t channel = row % sizes.groups * sizes.channels + c;
        const float slope = factor * scale[channel], shift = bias[channel] - mean * slope;
        for (std::int64_t i = 0; i < sizes.pixels; ++i) y[i] = x[i] * slope + shift;
    }
}

// Threads share the groups; each group is one thread's.
void lower(const OpCall& call, Lowering& lowering) {
    const Sizes sizes = sizes_of(call);
    const Buffer x = lowering.plain_input(0);
    const bool in_place = x.id == lowering.input(0).id && lowering.can_overwrite(0);
    const Buffer y = in_place ? lowering.output_over(0, 0) : lowering.plain_output(0);
    const auto loop = [sizes, epsilon = epsilon_of(call)](std::span<void* const> pointers) {
        const auto* source = static_cast<const float*>(pointers[0]);
        const auto* scale = static_cast<const float*>(pointers[1]);
        const auto* bias = static_cast<const float*>(pointers[2]);
        auto* destination = static_cast<float*>(pointers[3]);
        parallel_ranges(sizes.rows, [=](std::int64_t first, std::int64_t last) {
            for (std::int64_t row = first; row < last; ++row)
                normalize(sizes, epsilon, row, source + row * sizes.row(), scale, bias,
                          destination + row * sizes.row());
        });
    };
    lowering.run(loop, {x, lowering.plain_input(1), lowering.plain_input(2), y});
}

}  // namespace

extern const OpSpec spec{.name = "GroupNormalization",
                         .min_inputs = 3,
                         .max_inputs = 3,
                         .attributes = kAttributes,
                         .infer = infer,
                         .reference = reference,
                         .lower = lower};

}  // namespace dyce::ops::group_normalization
