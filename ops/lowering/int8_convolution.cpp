#include "ops/lowering/int8_convolution.h"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace dyce::ops {
namespace {

// The largest weight of a channel is 127 steps. A channel of zeros needs a step, too.
std::vector<float> weight_steps(const Tensor& weights) {
    constexpr float kLeast = 1e-20f;
    std::vector<float> steps(static_cast<std::size_t>(weights.shape()[0]), kLeast);
    const float* weight = weights.data<float>();
    const std::int64_t size = weights.elements() / weights.shape()[0];
    for (float& step : steps)
        for (std::int64_t i = 0; i < size; ++i) step = std::max(step, std::abs(*weight++) / 127);
    return steps;
}

Tensor tensor_of(const std::vector<float>& numbers) {
    Tensor tensor(DataType::kFloat32, Shape{std::ssize(numbers)});
    std::copy(numbers.begin(), numbers.end(), tensor.mutable_data<float>());
    return tensor;
}

}  // namespace

std::optional<Int8Convolution> find_int8_convolution(const OpCall& call, const Lowering& lowering) {
    const auto source = lowering.quantized_input(0);
    const Tensor* weights = lowering.constant(1);
    const bool biased = call.inputs.size() > 2;
    if (!source || weights == nullptr || (biased && lowering.constant(2) == nullptr)) return std::nullopt;
    Int8Convolution integers{*source, lowering.quantized_output(0), weight_steps(*weights), {}};
    for (const float step : integers.weight_steps) integers.factors.push_back(step * source->scale);
    return integers;
}

void add_scales(const Int8Convolution& integers, bool grouped, Lowering& lowering, Fusion& fusion) {
    if (integers.destination) {
        dnnl::post_ops ops = fusion.attributes.get_post_ops();
        onednn::append_eltwise(ops, dnnl::algorithm::eltwise_linear, 1 / integers.destination->scale, 0);
        fusion.attributes.set_post_ops(ops);
    }
    if (const int key = onednn::scale_channels(fusion.attributes, grouped, integers.factors))
        fusion.arguments.push_back(
            {key, lowering.derived("factors", [&] { return tensor_of(integers.factors); })});
}

Buffer bias_of(const Int8Convolution& integers, int bias, Lowering& lowering) {
    if (!onednn::kScalesBias) return lowering.plain_input(bias);
    return lowering.derived("bias", [&] {
        Tensor sums = *lowering.constant(bias);
        for (std::size_t i = 0; i < integers.factors.size(); ++i)
            sums.mutable_data<float>()[i] /= integers.factors[i];
        return sums;
    });
}

}  // namespace dyce::ops
