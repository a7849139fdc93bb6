// Flatten and Reshape: the same row-major numbers in another shape.
#include "search/train/backward/backward_pass.h"

namespace dyce::backward {

Backward view(const OpCall& call, Tape& tape) {
    const Buffer source = tape.as(tape.input(0), plain_desc(call.inputs[0]));
    tape.set_output(0, tape.see_as(source, plain_desc(tape.output_type(0))));
    return [&tape, desc = source.desc] {
        if (tape.wants_gradient(0)) tape.give_gradient(0, tape.see_as(tape.gradient(0), desc));
    };
}

}  // namespace dyce::backward
