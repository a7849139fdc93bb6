// Add of two values of one shape, with a ReLU behind it on request: both operands get the gradient of the
// sum.
#include "runtime/core/onednn/compat.h"
#include "search/train/backward/backward_pass.h"
#include "search/train/backward/sum.h"

namespace dyce::backward {

Backward add(const OpCall& call, Tape& tape) {
    if (call.inputs[0].shape != call.inputs[1].shape)
        call.fail("cannot be trained: operands are " + call.inputs[0].shape.to_string() + " and " +
                  call.inputs[1].shape.to_string() + ", expected one shape");
    const bool relu = !call.post_ops.empty();
    const Buffer first = tape.input(0), second = tape.as(tape.input(1), first.desc);
    const Buffer output = tape.output(0, first.desc);
    auto attributes = onednn::user_scratchpad();
    if (relu) {
        dnnl::post_ops clamp;
        onednn::append_eltwise(clamp, dnnl::algorithm::eltwise_relu, 0, 0);
        attributes.set_post_ops(clamp);
    }
    tape.run(onednn::binary(tape.engine(), dnnl::algorithm::binary_add, first.desc, first.desc, first.desc,
                            attributes),
             {{DNNL_ARG_SRC_0, first}, {DNNL_ARG_SRC_1, second}, {DNNL_ARG_DST, output}});

    return [&tape, relu, output] {
        Buffer gradient;
        if (relu) {
            gradient = tape.temporary(output.desc);
            append_sum(tape, tape.gradient_parts(0), gradient, &output);
        } else {
            gradient = tape.gradient(0);
        }
        for (const int i : {0, 1})
            if (tape.wants_gradient(i)) tape.give_gradient(i, gradient);
    };
}

}  // namespace dyce::backward
