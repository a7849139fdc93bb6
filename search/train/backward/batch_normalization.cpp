// BatchNormalization as training runs it: with the mean and variance of the batch, per channel; the stored
// statistics follow them slowly (PyTorch's momentum 0.1, variance unbiased). A ReLU behind it is part of the
// same primitive.
#include "runtime/core/onednn/training.h"
#include "search/train/backward/backward_pass.h"

namespace dyce::backward {
namespace {

constexpr float kMomentum = 0.1f;

Loop follow_statistics(std::int64_t channels, std::int64_t numbers_a_channel) {
    const auto numbers = static_cast<float>(numbers_a_channel);
    const float unbias = numbers > 1 ? numbers / (numbers - 1) : 1;
    return [channels, unbias](std::span<void* const> pointers) {
        const auto* mean = static_cast<const float*>(pointers[0]);
        const auto* variance = static_cast<const float*>(pointers[1]);
        auto* running_mean = static_cast<float*>(pointers[2]);
        auto* running_variance = static_cast<float*>(pointers[3]);
        for (std::int64_t c = 0; c < channels; ++c) {
            running_mean[c] += kMomentum * (mean[c] - running_mean[c]);
            running_variance[c] += kMomentum * (unbias * variance[c] - running_variance[c]);
        }
    };
}

}  // namespace

Backward batch_normalization(const OpCall& call, Tape& tape) {
    const bool relu = !call.post_ops.empty();
    const float epsilon = call.attributes.real("epsilon", 1e-5f);
    const Buffer source = tape.input(0);
    const auto forward = onednn::batch_normalization_training(tape.engine(), source.desc, epsilon, relu);
    if (!forward) call.fail("cannot be trained: oneDNN has no such batch norm");

    using Role = TrainedConstant::Role;
    const std::int64_t channels = call.inputs[0].shape[1];
    const MemoryDesc desc = plain_desc(Dims{channels});
    const TrainedConstant scale = tape.trained(1, Role::kShift, desc, desc);
    const TrainedConstant shift = tape.trained(2, Role::kShift, desc, desc);
    const TrainedConstant running_mean = tape.trained(3, Role::kStatistic, desc, desc);
    const TrainedConstant running_variance = tape.trained(4, Role::kStatistic, desc, desc);
    const Buffer mean = tape.temporary(desc), variance = tape.temporary(desc);
    const MemoryDesc workspace_desc = forward.query_md(dnnl::query::workspace_md, 0);
    const Buffer workspace = relu ? tape.temporary(workspace_desc) : Buffer{};
    std::vector<Argument> arguments{{DNNL_ARG_SRC, source},
                                    {DNNL_ARG_SCALE, {scale.buffer, desc}},
                                    {DNNL_ARG_SHIFT, {shift.buffer, desc}},
                                    {DNNL_ARG_MEAN, mean},
                                    {DNNL_ARG_VARIANCE, variance},
                                    {DNNL_ARG_DST, tape.output(0, source.desc)}};
    if (relu) arguments.push_back({DNNL_ARG_WORKSPACE, workspace});
    tape.run(forward, std::move(arguments));
    tape.run(follow_statistics(channels, call.inputs[0].shape.elements() / channels),
             {mean, variance, {running_mean.buffer, desc}, {running_variance.buffer, desc}});

    return [=, &tape] {
        const Buffer gradient = tape.gradient(0);
        const auto backward = onednn::batch_normalization_backward(tape.engine(), forward, gradient.desc,
                                                                   source.desc, epsilon, relu);
        const Buffer result = tape.temporary(source.desc);
        std::vector<Argument> back{{DNNL_ARG_SRC, source},
                                   {DNNL_ARG_SCALE, {scale.buffer, desc}},
                                   {DNNL_ARG_MEAN, mean},
                                   {DNNL_ARG_VARIANCE, variance},
                                   {DNNL_ARG_DIFF_DST, gradient},
                                   {DNNL_ARG_DIFF_SRC, result},
                                   {DNNL_ARG_DIFF_SCALE, {scale.gradient, desc}},
                                   {DNNL_ARG_DIFF_SHIFT, {shift.gradient, desc}}};
        if (onednn::kBackwardNormTakesShift) back.push_back({DNNL_ARG_SHIFT, {shift.buffer, desc}});
        if (relu) back.push_back({DNNL_ARG_WORKSPACE, workspace});
        tape.run(backward, std::move(back));
        if (tape.wants_gradient(0)) tape.give_gradient(0, result);
    };
}

}  // namespace dyce::backward
