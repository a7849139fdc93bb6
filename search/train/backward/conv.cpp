// Conv: oneDNN's three convolutions - forward, towards the input, towards the weights. Where they take
// bfloat16, the weights that are trained stay float32 and row-major, and a rounded copy is made for each
// step.
#include "ops/lowering/select_implementation.h"
#include "ops/lowering/window.h"
#include "ops/lowering/winograd.h"
#include "runtime/core/onednn/training.h"
#include "search/train/backward/backward_pass.h"
#include "search/train/backward/bias.h"

namespace dyce::backward {
namespace {

// oneDNN's grouped weights are (G, O/G, I/G, ..).
Dims weight_dims_of(const OpCall& call) {
    Dims dims = dims_of(call.inputs[1].shape);
    const std::int64_t group = call.attributes.integer("group", 1);
    if (group == 1) return dims;
    dims[0] /= group;
    dims.insert(dims.begin(), group);
    return dims;
}

// What describe(algorithm) gives by Winograd's algorithm where that is worth it and oneDNN has it, else by
// direct convolution.
template <class Describe>
onednn::Descriptor prefer_winograd(bool is_worth_it, const Describe& describe) {
    if (is_worth_it)
        if (auto found = describe(dnnl::algorithm::convolution_winograd)) return found;
    return describe(dnnl::algorithm::convolution_direct);
}

// The same of describe(algorithm, a, b), for the layouts at hand when that is not oneDNN's plain loops, else
// for those it likes.
template <class Describe>
onednn::Descriptor prefer_layouts(bool is_worth_it, const Describe& describe, const MemoryDesc& a,
                                  const MemoryDesc& b) {
    return prefer_winograd(is_worth_it, [&](dnnl::algorithm algorithm) {
        if (auto fast = ops::skip_plain_loops(describe(algorithm, a, b))) return fast;
        return describe(algorithm, any_desc(dims_of(a), type_of(a)), any_desc(dims_of(b), type_of(b)));
    });
}

}  // namespace

Backward conv(const OpCall& call, Tape& tape) {
    const Shape& weight_shape = call.inputs[1].shape;
    const std::vector<std::int64_t> kernel(weight_shape.begin() + 2, weight_shape.end());
    const auto window = ops::onednn_window(ops::resolve_window(call, call.inputs[0].shape, kernel));
    const bool biased = call.inputs.size() > 2;
    const Dims weight_dims = weight_dims_of(call);
    const MemoryDesc bias_desc = plain_desc(Dims{weight_shape[0]});
    const DescType type = tape.convolution_type();
    const bool winograd =
        type == DescType::f32 && ops::suits_winograd(tape.spec(), call, call.inputs[0].shape[0]);
    const auto forward = prefer_winograd(winograd, [&](dnnl::algorithm algorithm) {
        return onednn::convolution_training(tape.engine(), algorithm,
                                            any_desc(dims_of(call.inputs[0].shape), type),
                                            any_desc(weight_dims, type), biased ? &bias_desc : nullptr,
                                            any_desc(dims_of(tape.output_type(0).shape), type), window);
    });
    if (!forward) call.fail("cannot be trained: oneDNN has no such convolution");

    const Buffer source = tape.as(tape.input(0), forward.query_md(dnnl::query::src_md, 0));
    const MemoryDesc wanted = forward.query_md(dnnl::query::weights_md, 0);
    const TrainedConstant weights = tape.trained(1, TrainedConstant::Role::kWeight, plain_desc(weight_dims),
                                                 type == DescType::f32 ? wanted : plain_desc(weight_dims));
    const Buffer trained{weights.buffer, weights.layout};
    const Buffer output = tape.output(0, forward.query_md(dnnl::query::dst_md, 0));
    std::vector<Argument> arguments{
        {DNNL_ARG_SRC, source}, {DNNL_ARG_WEIGHTS, tape.as(trained, wanted)}, {DNNL_ARG_DST, output}};
    const Buffer bias_gradient = trained_bias(call, tape, bias_desc, arguments);
    tape.run(forward, std::move(arguments));

    return [&tape, forward, source, weights, trained, type, winograd, window, output, bias_gradient] {
        const Buffer gradient = tape.gradient(0);
        const MemoryDesc* bias = bias_gradient.id < 0 ? nullptr : &bias_gradient.desc;
        const MemoryDesc any_weights = any_desc(dims_of(weights.layout));
        const auto by_weights = prefer_layouts(
            winograd,
            [&](dnnl::algorithm algorithm, const MemoryDesc& src, const MemoryDesc& diff_dst) {
                return onednn::convolution_backward_weights(
                    tape.engine(), forward, algorithm, src,
                    type == DescType::f32 ? weights.layout : any_weights, bias, diff_dst, window);
            },
            source.desc, output.desc);
        const Buffer kept{weights.gradient, weights.layout};
        const MemoryDesc made = by_weights.query_md(dnnl::query::diff_weights_md, 0);
        const Buffer by_step = made == kept.desc ? kept : tape.temporary(made);
        std::vector<Argument> back{
            {DNNL_ARG_SRC, tape.as(source, by_weights.query_md(dnnl::query::src_md, 0))},
            {DNNL_ARG_DIFF_DST, tape.as(gradient, by_weights.query_md(dnnl::query::diff_dst_md, 0))},
            {DNNL_ARG_DIFF_WEIGHTS, by_step}};
        if (bias != nullptr) back.push_back({DNNL_ARG_DIFF_BIAS, bias_gradient});
        tape.run(by_weights, std::move(back));
        if (by_step.id != kept.id) tape.copy(by_step, kept);

        if (!tape.wants_gradient(0)) return;
        const auto by_source = prefer_layouts(
            winograd,
            [&](dnnl::algorithm algorithm, const MemoryDesc& diff_src, const MemoryDesc& diff_dst) {
                return onednn::convolution_backward_data(tape.engine(), forward, algorithm, diff_src,
                                                         any_desc(dims_of(weights.layout), type), diff_dst,
                                                         window);
            },
            source.desc, output.desc);
        const Buffer result = tape.temporary(by_source.query_md(dnnl::query::diff_src_md, 0));
        tape.run(by_source,
                 {{DNNL_ARG_DIFF_DST, tape.as(gradient, by_source.query_md(dnnl::query::diff_dst_md, 0))},
                  {DNNL_ARG_WEIGHTS, tape.as(trained, by_source.query_md(dnnl::query::weights_md, 0))},
                  {DNNL_ARG_DIFF_SRC, result}});
        tape.give_gradient(0, result);
    };
}

}  // namespace dyce::backward
