// The only code that knows oneDNN versions, with its training half training.h: 2.6 and 3.x behind one
// vocabulary. Each function returns a primitive descriptor, empty (false) when no implementation exists.
// Stateless.
#pragma once

#include "runtime/core/onednn/layout.h"
#include "runtime/core/precision.h"

#include <oneapi/dnnl/dnnl.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dyce::onednn {

/// A primitive descriptor that can advance to further implementations with next_impl(); copies advance
/// together. oneDNN 2.6 then reads the description of the operation again, so that has to stay alive.
struct Descriptor : dnnl::primitive_desc {
    Descriptor() = default;
    Descriptor(const dnnl::primitive_desc& first, std::shared_ptr<const void> operation)
        : dnnl::primitive_desc(first), operation_(std::move(operation)) {}

private:
    std::shared_ptr<const void> operation_;
};
/// What concat and reorder have: no list of further implementations.
using AnyDescriptor = dnnl::primitive_desc_base;

struct Window {
    Dims kernel, strides, dilations;  ///< dilation 1 = dense, as in ONNX
    Dims pads_begin, pads_end;
};

/// `bias` may be null.
Descriptor convolution(const dnnl::engine& engine, dnnl::algorithm algorithm, const MemoryDesc& src,
                       const MemoryDesc& weights, const MemoryDesc* bias, const MemoryDesc& dst,
                       const Window& window, const dnnl::primitive_attr& attr);
/// Whether the threads that execute an implementation (`impl_info_str()`) may wait for one another: then each
/// of its parts needs a thread of its own, else one thread may run several.
bool parts_wait(std::string_view implementation);
/// Whether library and processor compute 3x3 convolutions of float32 by Winograd's algorithm.
bool has_winograd();
/// Input channels that an implementation of Winograd's algorithm adds up at once, by its layout of weights; 0
/// for other layouts.
int winograd_channels(const MemoryDesc& weights);
/// Whether a product of one row adds up in another order than the same row among others does.
inline constexpr bool kOneRowIsSpecial = DNNL_VERSION_MAJOR >= 3;
Descriptor matmul(const dnnl::engine& engine, const MemoryDesc& src, const MemoryDesc& weights,
                  const MemoryDesc* bias, const MemoryDesc& dst, const dnnl::primitive_attr& attr);
Descriptor pooling(const dnnl::engine& engine, dnnl::algorithm algorithm, const MemoryDesc& src,
                   const MemoryDesc& dst, const Window& window, const dnnl::primitive_attr& attr);
Descriptor eltwise(const dnnl::engine& engine, dnnl::algorithm algorithm, float alpha, float beta,
                   const MemoryDesc& src, const dnnl::primitive_attr& attr);
Descriptor binary(const dnnl::engine& engine, dnnl::algorithm algorithm, const MemoryDesc& a,
                  const MemoryDesc& b, const MemoryDesc& dst, const dnnl::primitive_attr& attr);
/// Over the innermost dimension, with scale and shift.
Descriptor layer_normalization(const dnnl::engine& engine, const MemoryDesc& src, float epsilon,
                               const dnnl::primitive_attr& attr);
Descriptor softmax(const dnnl::engine& engine, const MemoryDesc& src, int axis,
                   const dnnl::primitive_attr& attr);
Descriptor reduction_mean(const dnnl::engine& engine, const MemoryDesc& src, const MemoryDesc& dst,
                          const dnnl::primitive_attr& attr);
/// Half-pixel linear resize.
Descriptor resampling_linear(const dnnl::engine& engine, const MemoryDesc& src, const MemoryDesc& dst,
                             const dnnl::primitive_attr& attr);
AnyDescriptor concat(const dnnl::engine& engine, const MemoryDesc& dst, int axis,
                     const std::vector<MemoryDesc>& srcs, const dnnl::primitive_attr& attr);
AnyDescriptor reorder(const dnnl::engine& engine, const MemoryDesc& src, const MemoryDesc& dst,
                      const dnnl::primitive_attr& attr);

/// Attributes every primitive of dyce starts from: the caller provides the scratchpad.
dnnl::primitive_attr user_scratchpad();
/// Appends an element-wise stage to the work of a primitive.
void append_eltwise(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha, float beta);

/// The sums of a convolution of integers are multiplied by one factor an output channel before post-ops see
/// them. Gives the key of the argument that the primitive then takes: the factors; 0 when it takes none.
int scale_channels(dnnl::primitive_attr& attr, bool grouped, const std::vector<float>& factors);
/// Whether such a convolution multiplies its bias too.
inline constexpr bool kScalesBias = DNNL_VERSION_MAJOR < 3;
/// What a re-order copies is multiplied by `factor`. Gives a key as scale_channels() does, of one number.
int scale_reorder(dnnl::primitive_attr& attr, float factor);

/// Whether this processor multiplies bfloat16 numbers by instructions of its own.
bool has_bfloat16();
/// Whether it adds products of 8-bit integers up in 32 bits; without, sums of two saturate at 16 bits.
bool has_int8_products();
/// Throws Error{kUsage} when this processor is not made to compute in that precision.
void check_processor(Precision precision);

/// Version of the library in use, "2.6.3".
std::string version();

}  // namespace dyce::onednn
