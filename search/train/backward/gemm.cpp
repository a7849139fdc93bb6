// Gemm as a fully connected layer: rows times constant weights, plus a bias for each output. oneDNN's three
// inner products.
#include "runtime/core/onednn/training.h"
#include "search/train/backward/backward_pass.h"
#include "search/train/backward/bias.h"

namespace dyce::backward {

Backward gemm(const OpCall& call, Tape& tape) {
    const auto flag = [&](const char* name) { return call.attributes.integer(name, 0) != 0; };
    const auto is_one = [&](const char* name) { return call.attributes.real(name, 1) == 1; };
    const std::int64_t inputs = call.inputs[0].shape[1], outputs = tape.output_type(0).shape[1];
    const bool biased = call.inputs.size() > 2;
    if (flag("transA") || !is_one("alpha") || !is_one("beta") ||
        (biased && call.inputs[2].shape != Shape{outputs}))
        call.fail("cannot be trained: expected rows times weights plus one bias an output, nothing scaled");
    const Dims weight_dims{outputs, inputs};
    const MemoryDesc plain_weights =
        flag("transB") ? plain_desc(weight_dims)
                       : MemoryDesc(weight_dims, dnnl::memory::data_type::f32, Dims{1, outputs});
    const MemoryDesc bias_desc = plain_desc(Dims{outputs});
    const Buffer source = tape.as(tape.input(0), plain_desc(call.inputs[0]));
    const Buffer output = tape.output(0, plain_desc(tape.output_type(0)));
    const auto forward = onednn::inner_product_training(tape.engine(), source.desc, any_desc(weight_dims),
                                                        biased ? &bias_desc : nullptr, output.desc);
    if (!forward) call.fail("cannot be trained: oneDNN has no such inner product");

    const TrainedConstant weights = tape.trained(1, TrainedConstant::Role::kWeight, plain_weights,
                                                 forward.query_md(dnnl::query::weights_md, 0));
    std::vector<Argument> arguments{
        {DNNL_ARG_SRC, source}, {DNNL_ARG_WEIGHTS, {weights.buffer, weights.layout}}, {DNNL_ARG_DST, output}};
    const Buffer bias_gradient = trained_bias(call, tape, bias_desc, arguments);
    tape.run(forward, std::move(arguments));

    return [=, &tape] {
        const Buffer gradient = tape.gradient(0);
        std::vector<Argument> back{{DNNL_ARG_SRC, source},
                                   {DNNL_ARG_DIFF_DST, gradient},
                                   {DNNL_ARG_DIFF_WEIGHTS, {weights.gradient, weights.layout}}};
        if (biased) back.push_back({DNNL_ARG_DIFF_BIAS, bias_gradient});
        tape.run(onednn::inner_product_backward_weights(tape.engine(), forward, source.desc, weights.layout,
                                                        biased ? &bias_desc : nullptr, gradient.desc),
                 std::move(back));

        if (!tape.wants_gradient(0)) return;
        const auto by_source = onednn::inner_product_backward_data(tape.engine(), forward, source.desc,
                                                                   any_desc(weight_dims), gradient.desc);
        const Buffer result = tape.temporary(source.desc);
        tape.run(by_source, {{DNNL_ARG_DIFF_DST, gradient},
                             {DNNL_ARG_WEIGHTS, tape.as({weights.buffer, weights.layout},
                                                        by_source.query_md(dnnl::query::weights_md, 0))},
                             {DNNL_ARG_DIFF_SRC, result}});
        tape.give_gradient(0, result);
    };
}

}  // namespace dyce::backward
