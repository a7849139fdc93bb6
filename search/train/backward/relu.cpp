// Relu: the gradient passes where the result is above 0.
#include "runtime/core/onednn/training.h"
#include "search/train/backward/backward_pass.h"

namespace dyce::backward {

Backward relu(const OpCall& call, Tape& tape) {
    const Buffer source = tape.input(0);
    const auto forward = onednn::relu_training(tape.engine(), source.desc);
    if (!forward) call.fail("cannot be trained: oneDNN has no such element-wise operation");
    const Buffer output = tape.output(0, source.desc);
    tape.run(forward, {{DNNL_ARG_SRC, source}, {DNNL_ARG_DST, output}});

    return [&tape, forward, output] {
        if (!tape.wants_gradient(0)) return;
        const Buffer result = tape.temporary(output.desc);
        tape.run(
            onednn::relu_backward(tape.engine(), forward, output.desc),
            {{DNNL_ARG_DST, output}, {DNNL_ARG_DIFF_DST, tape.gradient(0)}, {DNNL_ARG_DIFF_SRC, result}});
        tape.give_gradient(0, result);
    };
}

}  // namespace dyce::backward
