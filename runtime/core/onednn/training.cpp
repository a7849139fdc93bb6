#include "runtime/core/onednn/training.h"

#include "runtime/core/onednn/describe.h"

namespace dyce::onednn {
namespace {

constexpr auto kTraining = dnnl::prop_kind::forward_training;
constexpr auto kRelu = dnnl::algorithm::eltwise_relu_use_dst_for_bwd;

dnnl::normalization_flags normalization_flags(bool relu) {
    const auto flags = dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift;
    return relu ? flags | dnnl::normalization_flags::fuse_norm_relu : flags;
}

#if DYCE_ONEDNN_3
using PoolingForward = dnnl::pooling_forward;
using PoolingBackward = dnnl::pooling_backward;
#else
using PoolingForward = dnnl::pooling_v2_forward;
using PoolingBackward = dnnl::pooling_v2_backward;
#endif

}  // namespace

Descriptor convolution_training(const dnnl::engine& engine, dnnl::algorithm algorithm, const MemoryDesc& src,
                                const MemoryDesc& weights, const MemoryDesc* bias, const MemoryDesc& dst,
                                const Window& window) {
    using Primitive = dnnl::convolution_forward;
    const Dims dilations = zero_based(window.dilations);
    if (bias != nullptr)
        return describe<Primitive>(engine, user_scratchpad(), kTraining, algorithm, src, weights, *bias, dst,
                                   window.strides, dilations, window.pads_begin, window.pads_end);
    return describe<Primitive>(engine, user_scratchpad(), kTraining, algorithm, src, weights, dst,
                               window.strides, dilations, window.pads_begin, window.pads_end);
}

Descriptor convolution_backward_data(const dnnl::engine& engine, const Descriptor& forward,
                                     dnnl::algorithm algorithm, const MemoryDesc& diff_src,
                                     const MemoryDesc& weights, const MemoryDesc& diff_dst,
                                     const Window& window) {
    return describe_backward<dnnl::convolution_backward_data, dnnl::convolution_forward>(
        engine, forward, user_scratchpad(), algorithm, diff_src, weights, diff_dst, window.strides,
        zero_based(window.dilations), window.pads_begin, window.pads_end);
}

Descriptor convolution_backward_weights(const dnnl::engine& engine, const Descriptor& forward,
                                        dnnl::algorithm algorithm, const MemoryDesc& src,
                                        const MemoryDesc& diff_weights, const MemoryDesc* diff_bias,
                                        const MemoryDesc& diff_dst, const Window& window) {
    using Primitive = dnnl::convolution_backward_weights;
    using Forward = dnnl::convolution_forward;
    const Dims dilations = zero_based(window.dilations);
    if (diff_bias != nullptr)
        return describe_backward<Primitive, Forward>(engine, forward, user_scratchpad(), algorithm, src,
                                                     diff_weights, *diff_bias, diff_dst, window.strides,
                                                     dilations, window.pads_begin, window.pads_end);
    return describe_backward<Primitive, Forward>(engine, forward, user_scratchpad(), algorithm, src,
                                                 diff_weights, diff_dst, window.strides, dilations,
                                                 window.pads_begin, window.pads_end);
}

Descriptor inner_product_training(const dnnl::engine& engine, const MemoryDesc& src,
                                  const MemoryDesc& weights, const MemoryDesc* bias, const MemoryDesc& dst) {
    using Primitive = dnnl::inner_product_forward;
    if (bias != nullptr)
        return describe<Primitive>(engine, user_scratchpad(), kTraining, src, weights, *bias, dst);
    return describe<Primitive>(engine, user_scratchpad(), kTraining, src, weights, dst);
}

Descriptor inner_product_backward_data(const dnnl::engine& engine, const Descriptor& forward,
                                       const MemoryDesc& diff_src, const MemoryDesc& weights,
                                       const MemoryDesc& diff_dst) {
    return describe_backward<dnnl::inner_product_backward_data, dnnl::inner_product_forward>(
        engine, forward, user_scratchpad(), diff_src, weights, diff_dst);
}

Descriptor inner_product_backward_weights(const dnnl::engine& engine, const Descriptor& forward,
                                          const MemoryDesc& src, const MemoryDesc& diff_weights,
                                          const MemoryDesc* diff_bias, const MemoryDesc& diff_dst) {
    using Primitive = dnnl::inner_product_backward_weights;
    using Forward = dnnl::inner_product_forward;
    if (diff_bias != nullptr)
        return describe_backward<Primitive, Forward>(engine, forward, user_scratchpad(), src, diff_weights,
                                                     *diff_bias, diff_dst);
    return describe_backward<Primitive, Forward>(engine, forward, user_scratchpad(), src, diff_weights,
                                                 diff_dst);
}

Descriptor batch_normalization_training(const dnnl::engine& engine, const MemoryDesc& src, float epsilon,
                                        bool relu) {
    using Primitive = dnnl::batch_normalization_forward;
#if DYCE_ONEDNN_3
    return describe<Primitive>(engine, user_scratchpad(), kTraining, src, src, epsilon,
                               normalization_flags(relu));
#else
    return describe<Primitive>(engine, user_scratchpad(), kTraining, src, epsilon, normalization_flags(relu));
#endif
}

Descriptor batch_normalization_backward(const dnnl::engine& engine, const Descriptor& forward,
                                        const MemoryDesc& diff_dst, const MemoryDesc& src, float epsilon,
                                        bool relu) {
    using Primitive = dnnl::batch_normalization_backward;
    using Forward = dnnl::batch_normalization_forward;
#if DYCE_ONEDNN_3
    return describe_backward<Primitive, Forward>(engine, forward, user_scratchpad(),
                                                 dnnl::prop_kind::backward, diff_dst, diff_dst, src, epsilon,
                                                 normalization_flags(relu));
#else
    return describe_backward<Primitive, Forward>(engine, forward, user_scratchpad(),
                                                 dnnl::prop_kind::backward, diff_dst, src, epsilon,
                                                 normalization_flags(relu));
#endif
}

Descriptor pooling_training(const dnnl::engine& engine, dnnl::algorithm algorithm, const MemoryDesc& src,
                            const MemoryDesc& dst, const Window& window) {
    return describe<PoolingForward>(engine, user_scratchpad(), kTraining, algorithm, src, dst, window.strides,
                                    window.kernel, zero_based(window.dilations), window.pads_begin,
                                    window.pads_end);
}

Descriptor pooling_backward(const dnnl::engine& engine, const Descriptor& forward, dnnl::algorithm algorithm,
                            const MemoryDesc& diff_src, const MemoryDesc& diff_dst, const Window& window) {
    return describe_backward<PoolingBackward, PoolingForward>(
        engine, forward, user_scratchpad(), algorithm, diff_src, diff_dst, window.strides, window.kernel,
        zero_based(window.dilations), window.pads_begin, window.pads_end);
}

Descriptor relu_training(const dnnl::engine& engine, const MemoryDesc& src) {
#if DYCE_ONEDNN_3
    return describe<dnnl::eltwise_forward>(engine, user_scratchpad(), kTraining, kRelu, src, src, 0.f, 0.f);
#else
    return describe<dnnl::eltwise_forward>(engine, user_scratchpad(), kTraining, kRelu, src, 0.f, 0.f);
#endif
}

Descriptor relu_backward(const dnnl::engine& engine, const Descriptor& forward, const MemoryDesc& data) {
    using Primitive = dnnl::eltwise_backward;
    using Forward = dnnl::eltwise_forward;
#if DYCE_ONEDNN_3
    return describe_backward<Primitive, Forward>(engine, forward, user_scratchpad(), kRelu, data, data, data,
                                                 0.f, 0.f);
#else
    return describe_backward<Primitive, Forward>(engine, forward, user_scratchpad(), kRelu, data, data, 0.f,
                                                 0.f);
#endif
}

}  // namespace dyce::onednn
