#include "runtime/core/onednn/compat.h"

#include "runtime/core/onednn/describe.h"

#include <dyce/error.h>

#include <algorithm>

namespace dyce::onednn {
namespace {

constexpr auto kInference = dnnl::prop_kind::forward_inference;

// oneDNN 2.6 and a post-op operand of one value per channel, where channels are single pixels of several
// images: its binary primitive takes the operand's values to be one per image.
bool misreads_post_ops(const MemoryDesc& dst, const dnnl::primitive_attr& attr) {
    const Dims dims = dims_of(dst);
    if (dims.size() < 3 || dims[0] == 1) return false;
    if (std::any_of(dims.begin() + 2, dims.end(), [](auto dim) { return dim != 1; })) return false;
    const dnnl::post_ops ops = attr.get_post_ops();
    for (int i = 0; i < ops.len(); ++i) {
        if (ops.kind(i) != dnnl::primitive::kind::binary) continue;
        dnnl::algorithm algorithm;
        MemoryDesc operand;
        ops.get_params_binary(i, algorithm, operand);
        if (dims_of(operand)[0] == 1 && dims[1] > 1) return true;
    }
    return false;
}

bool has_instructions(dnnl::cpu_isa wanted) {
    const auto isa = static_cast<unsigned>(dnnl::get_effective_cpu_isa());
    return (isa & static_cast<unsigned>(wanted)) == static_cast<unsigned>(wanted);
}

#if DYCE_ONEDNN_3
int scales_argument(dnnl::primitive_attr& attr, int argument, int mask) {
    attr.set_scales_mask(argument, mask);
    return DNNL_ARG_ATTR_SCALES | argument;
}
#endif

}  // namespace

Descriptor convolution(const dnnl::engine& engine, dnnl::algorithm algorithm, const MemoryDesc& src,
                       const MemoryDesc& weights, const MemoryDesc* bias, const MemoryDesc& dst,
                       const Window& window, const dnnl::primitive_attr& attr) {
    using Primitive = dnnl::convolution_forward;
    const Dims dilations = zero_based(window.dilations);
    if (bias != nullptr)
        return describe<Primitive>(engine, attr, kInference, algorithm, src, weights, *bias, dst,
                                   window.strides, dilations, window.pads_begin, window.pads_end);
    return describe<Primitive>(engine, attr, kInference, algorithm, src, weights, dst, window.strides,
                               dilations, window.pads_begin, window.pads_end);
}

bool has_winograd() { return !DYCE_ONEDNN_3 && has_instructions(dnnl::cpu_isa::avx512_core); }

int winograd_channels(const MemoryDesc& weights) {
#if DYCE_ONEDNN_3
    (void)weights;
    return 0;
#else
    if (weights.data.format_kind != dnnl_format_kind_wino) return 0;
    const auto& layout = weights.data.format_desc.wino_desc;
    return layout.ic_block * layout.ic2_block;
#endif
}

Descriptor matmul(const dnnl::engine& engine, const MemoryDesc& src, const MemoryDesc& weights,
                  const MemoryDesc* bias, const MemoryDesc& dst, const dnnl::primitive_attr& attr) {
    if (bias != nullptr) return describe<dnnl::matmul>(engine, attr, src, weights, *bias, dst);
    return describe<dnnl::matmul>(engine, attr, src, weights, dst);
}

Descriptor pooling(const dnnl::engine& engine, dnnl::algorithm algorithm, const MemoryDesc& src,
                   const MemoryDesc& dst, const Window& window, const dnnl::primitive_attr& attr) {
#if DYCE_ONEDNN_3
    using Primitive = dnnl::pooling_forward;
#else
    using Primitive = dnnl::pooling_v2_forward;
#endif
    return describe<Primitive>(engine, attr, kInference, algorithm, src, dst, window.strides, window.kernel,
                               zero_based(window.dilations), window.pads_begin, window.pads_end);
}

Descriptor eltwise(const dnnl::engine& engine, dnnl::algorithm algorithm, float alpha, float beta,
                   const MemoryDesc& src, const dnnl::primitive_attr& attr) {
#if DYCE_ONEDNN_3
    return describe<dnnl::eltwise_forward>(engine, attr, kInference, algorithm, src, src, alpha, beta);
#else
    return describe<dnnl::eltwise_forward>(engine, attr, kInference, algorithm, src, alpha, beta);
#endif
}

Descriptor binary(const dnnl::engine& engine, dnnl::algorithm algorithm, const MemoryDesc& a,
                  const MemoryDesc& b, const MemoryDesc& dst, const dnnl::primitive_attr& attr) {
    if (misreads_post_ops(dst, attr)) return {};
    return describe<dnnl::binary>(engine, attr, algorithm, a, b, dst);
}

Descriptor layer_normalization(const dnnl::engine& engine, const MemoryDesc& src, float epsilon,
                               const dnnl::primitive_attr& attr) {
    using Primitive = dnnl::layer_normalization_forward;
    const auto flags = dnnl::normalization_flags::use_scale | dnnl::normalization_flags::use_shift;
#if DYCE_ONEDNN_3
    return describe<Primitive>(engine, attr, kInference, src, src, epsilon, flags);
#else
    return describe<Primitive>(engine, attr, kInference, src, epsilon, flags);
#endif
}

Descriptor softmax(const dnnl::engine& engine, const MemoryDesc& src, int axis,
                   const dnnl::primitive_attr& attr) {
#if DYCE_ONEDNN_3
    return describe<dnnl::softmax_forward>(engine, attr, kInference, dnnl::algorithm::softmax_accurate, src,
                                           src, axis);
#else
    return describe<dnnl::softmax_forward>(engine, attr, kInference, src, axis);
#endif
}

Descriptor reduction_mean(const dnnl::engine& engine, const MemoryDesc& src, const MemoryDesc& dst,
                          const dnnl::primitive_attr& attr) {
    return describe<dnnl::reduction>(engine, attr, dnnl::algorithm::reduction_mean, src, dst, 0.f, 0.f);
}

Descriptor resampling_linear(const dnnl::engine& engine, const MemoryDesc& src, const MemoryDesc& dst,
                             const dnnl::primitive_attr& attr) {
    return describe<dnnl::resampling_forward>(engine, attr, kInference, dnnl::algorithm::resampling_linear,
                                              src, dst);
}

AnyDescriptor concat(const dnnl::engine& engine, const MemoryDesc& dst, int axis,
                     const std::vector<MemoryDesc>& srcs, const dnnl::primitive_attr& attr) {
    try {
#if DYCE_ONEDNN_3
        return dnnl::concat::primitive_desc(engine, dst, axis, srcs, attr);
#else
        return dnnl::concat::primitive_desc(dst, axis, srcs, engine, attr);
#endif
    } catch (const dnnl::error&) {
        return {};
    }
}

AnyDescriptor reorder(const dnnl::engine& engine, const MemoryDesc& src, const MemoryDesc& dst,
                      const dnnl::primitive_attr& attr) {
    return dnnl::reorder::primitive_desc(engine, src, engine, dst, attr, true);
}

dnnl::primitive_attr user_scratchpad() {
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attr;
}

void append_eltwise(dnnl::post_ops& ops, dnnl::algorithm algorithm, float alpha, float beta) {
#if DYCE_ONEDNN_3
    ops.append_eltwise(algorithm, alpha, beta);
#else
    ops.append_eltwise(1.f, algorithm, alpha, beta);
#endif
}

int scale_channels(dnnl::primitive_attr& attr, bool grouped, const std::vector<float>& factors) {
#if DYCE_ONEDNN_3
    (void)factors;
    return scales_argument(attr, DNNL_ARG_WEIGHTS, grouped ? 0b11 : 0b1);
#else
    (void)grouped;
    attr.set_output_scales(0b10, factors);
    return 0;
#endif
}

int scale_reorder(dnnl::primitive_attr& attr, float factor) {
#if DYCE_ONEDNN_3
    (void)factor;
    return scales_argument(attr, DNNL_ARG_FROM, 0);
#else
    attr.set_output_scales(0, {factor});
    return 0;
#endif
}

std::string version() {
    const auto* v = dnnl::version();
    return std::to_string(v->major) + "." + std::to_string(v->minor) + "." + std::to_string(v->patch);
}

bool has_bfloat16() { return has_instructions(dnnl::cpu_isa::avx512_core_bf16); }

bool has_int8_products() { return has_instructions(dnnl::cpu_isa::avx512_core_vnni); }

bool parts_wait(std::string_view implementation) {
    // These divide their work once and for all in forward passes. Matrix products ("gemm:", "brg:") add up each
    // other's sums and look for them in loops that ask nobody, and so may whatever is not known here.
    constexpr std::string_view kIndependent[] = {"jit:",     "jit_1x1:", "jit_dw:", "jit_int8", "jit_uni",
                                                 "jit_wino", "brgconv",  "simple:", "ref:"};
    if (implementation.find("gemm") != std::string_view::npos) return true;
    return std::none_of(std::begin(kIndependent), std::end(kIndependent),
                        [&](std::string_view name) { return implementation.starts_with(name); });
}

void check_processor(Precision precision) {
    if (precision == Precision::kBfloat16 && !has_bfloat16())
        throw Error(ErrorCode::kUsage, "precision",
                    "bf16 given, but this processor has no bfloat16 instructions; expected f32");
}

}  // namespace dyce::onednn
