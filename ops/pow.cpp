// base ^ exponent, broadcast; the result has the type of the base. ONNX Pow-15.
#include "ops/lowering/post_ops.h"
#include "ops/lowering/select_implementation.h"
#include "ops/spec/broadcast.h"
#include "ops/spec/element_type.h"

#include <cmath>

namespace dyce::ops::pow {

extern const OpSpec spec;

namespace {

std::vector<TensorType> infer(const OpCall& call) {
    for (const TensorType& type : call.inputs)
        if (type.dtype == DataType::kBool) call.fail("an operand is bool, expected numbers");
    return {{call.inputs[0].dtype, broadcast_shape(call, call.inputs[0].shape, call.inputs[1].shape)}};
}

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const BroadcastAxes axes(out[0].shape, in[0].shape, in[1].shape);
    with_element_type(in[0].dtype, [&]<class Base>(Base) {
        with_element_type(in[1].dtype, [&]<class Exponent>(Exponent) {
            visit_rows(
                axes, [&](const BroadcastAxis& axis, std::int64_t row, std::int64_t a, std::int64_t b) {
                    for (std::int64_t i = 0; i < axis.size; ++i)
                        out[0].data<Base>()[row + i] = convert_element<Base>(
                            std::pow(static_cast<double>(in[0].data<Base>()[a + i * axis.a_step]),
                                     static_cast<double>(in[1].data<Exponent>()[b + i * axis.b_step])));
                });
        });
    });
}

// oneDNN knows powers with one constant exponent.
void lower(const OpCall& call, Lowering& lowering) {
    const Tensor* exponent = lowering.constant(1);
    const Buffer source = lowering.input(0);
    onednn::Descriptor descriptor;
    if (exponent != nullptr && exponent->elements() == 1 && lowering.input_type(0) == lowering.output_type(0))
        descriptor = skip_plain_loops(onednn::eltwise(lowering.engine(), dnnl::algorithm::eltwise_pow, 1,
                                                      exponent->data<float>()[0], source.desc,
                                                      onednn::user_scratchpad()));
    if (!descriptor) return lower_by_reference(spec, call, lowering);
    lowering.run(descriptor, {{DNNL_ARG_SRC, source},
                              {DNNL_ARG_DST, lowering.can_overwrite(0) ? lowering.output_over(0, 0)
                                                                       : lowering.output(0, source.desc)}});
}

}  // namespace

extern const OpSpec spec{
    .name = "Pow", .min_inputs = 2, .max_inputs = 2, .infer = infer, .reference = reference, .lower = lower};

}  // namespace dyce::ops::pow
