// The half of compat.h that only training needs: forward primitives that leave behind what their backward
// ones need, and those. Not part of libdyce. Each function returns a primitive descriptor, empty (false) when
// no implementation exists. Stateless.
#pragma once

#include "runtime/core/onednn/compat.h"

namespace dyce::onednn {

/// `forward`, here and below: what the function above it gave for the same operation.
Descriptor convolution_training(const dnnl::engine& engine, dnnl::algorithm algorithm, const MemoryDesc& src,
                                const MemoryDesc& weights, const MemoryDesc* bias, const MemoryDesc& dst,
                                const Window& window);
Descriptor convolution_backward_data(const dnnl::engine& engine, const Descriptor& forward,
                                     dnnl::algorithm algorithm, const MemoryDesc& diff_src,
                                     const MemoryDesc& weights, const MemoryDesc& diff_dst,
                                     const Window& window);
Descriptor convolution_backward_weights(const dnnl::engine& engine, const Descriptor& forward,
                                        dnnl::algorithm algorithm, const MemoryDesc& src,
                                        const MemoryDesc& diff_weights, const MemoryDesc* diff_bias,
                                        const MemoryDesc& diff_dst, const Window& window);

/// Of matrices: dst (rows x outputs) = src (rows x inputs) * transposed weights (outputs x inputs) + bias.
Descriptor inner_product_training(const dnnl::engine& engine, const MemoryDesc& src,
                                  const MemoryDesc& weights, const MemoryDesc* bias, const MemoryDesc& dst);
Descriptor inner_product_backward_data(const dnnl::engine& engine, const Descriptor& forward,
                                       const MemoryDesc& diff_src, const MemoryDesc& weights,
                                       const MemoryDesc& diff_dst);
Descriptor inner_product_backward_weights(const dnnl::engine& engine, const Descriptor& forward,
                                          const MemoryDesc& src, const MemoryDesc& diff_weights,
                                          const MemoryDesc* diff_bias, const MemoryDesc& diff_dst);

/// With the statistics of the batch, scale and shift; `relu` follows and leaves its mask in the workspace.
Descriptor batch_normalization_training(const dnnl::engine& engine, const MemoryDesc& src, float epsilon,
                                        bool relu);
Descriptor batch_normalization_backward(const dnnl::engine& engine, const Descriptor& forward,
                                        const MemoryDesc& diff_dst, const MemoryDesc& src, float epsilon,
                                        bool relu);
/// Whether the backward primitive insists on DNNL_ARG_SHIFT, which it has no use for.
inline constexpr bool kBackwardNormTakesShift = DNNL_VERSION_MAJOR < 3;

/// A maximum leaves its places in the workspace.
Descriptor pooling_training(const dnnl::engine& engine, dnnl::algorithm algorithm, const MemoryDesc& src,
                            const MemoryDesc& dst, const Window& window);
Descriptor pooling_backward(const dnnl::engine& engine, const Descriptor& forward, dnnl::algorithm algorithm,
                            const MemoryDesc& diff_src, const MemoryDesc& diff_dst, const Window& window);

/// The backward primitive takes DNNL_ARG_DST: what is above 0 there was above 0 before.
Descriptor relu_training(const dnnl::engine& engine, const MemoryDesc& src);
Descriptor relu_backward(const dnnl::engine& engine, const Descriptor& forward, const MemoryDesc& data);

}  // namespace dyce::onednn
