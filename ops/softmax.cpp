// e^x divided by the sum of e^x, along one axis. ONNX Softmax-13.
#include "ops/softmax.h"

#include "ops/lowering/post_ops.h"
#include "ops/lowering/select_implementation.h"
#include "ops/spec/checks.h"

namespace dyce::ops {

int softmax_axis(const OpCall& call) {
    return resolve_axis(call, call.attributes.integer("axis", -1), call.inputs[0].shape.rank());
}

std::vector<TensorType> infer_softmax(const OpCall& call) {
    expect_float32(call);
    (void)softmax_axis(call);
    return {call.inputs[0]};
}

}  // namespace dyce::ops

namespace dyce::ops::softmax {

extern const OpSpec spec;

namespace {

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    map_softmax(call, in[0], out[0], [](double x, double sum) { return std::exp(x) / sum; });
}

void lower(const OpCall& call, Lowering& lowering) {
    for (const MemoryDesc& layout : {lowering.input(0).desc, plain_desc(call.inputs[0])}) {
        const auto descriptor = skip_plain_loops(
            onednn::softmax(lowering.engine(), layout, softmax_axis(call), onednn::user_scratchpad()));
        if (descriptor)
            return lowering.run(descriptor, {{DNNL_ARG_SRC, lowering.input_as(0, layout)},
                                             {DNNL_ARG_DST, lowering.output(0, layout)}});
    }
    lower_by_reference(spec, call, lowering);
}

}  // namespace

extern const OpSpec spec{.name = "Softmax",
                         .attributes = kSoftmaxAttributes,
                         .infer = infer_softmax,
                         .reference = reference,
                         .lower = lower};

}  // namespace dyce::ops::softmax
