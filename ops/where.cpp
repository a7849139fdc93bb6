// The second input where the first, a bool, is true, else the third; all broadcast. ONNX Where-16.
#include "ops/spec/broadcast.h"
#include "ops/spec/element_type.h"

namespace dyce::ops::where {
namespace {

std::vector<TensorType> infer(const OpCall& call) {
    const auto& in = call.inputs;
    if (in[0].dtype != DataType::kBool)
        call.fail(std::string("input 0 is ") + name_of(in[0].dtype) + ", expected bool");
    if (in[1].dtype != in[2].dtype)
        call.fail(std::string("chooses between ") + name_of(in[1].dtype) + " and " + name_of(in[2].dtype));
    const Shape chosen = broadcast_shape(call, in[1].shape, in[2].shape);
    return {{in[1].dtype, broadcast_shape(call, in[0].shape, chosen)}};
}

// Takes the elements of `from` wherever the condition is `when`.
template <class T>
void take(const TensorView& condition, bool when, const TensorView& from, const MutableTensorView& out) {
    visit_rows(BroadcastAxes(out.shape, condition.shape, from.shape),
               [&](const BroadcastAxis& axis, std::int64_t row, std::int64_t c, std::int64_t x) {
                   for (std::int64_t i = 0; i < axis.size; ++i)
                       if (condition.data<bool>()[c + i * axis.a_step] == when)
                           out.data<T>()[row + i] = from.data<T>()[x + i * axis.b_step];
               });
}

void reference(const OpCall&, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    with_element_type(out[0].dtype, [&]<class T>(T) {
        take<T>(in[0], true, in[1], out[0]);
        take<T>(in[0], false, in[2], out[0]);
    });
}

}  // namespace

extern const OpSpec spec{.name = "Where",
                         .min_inputs = 3,
                         .max_inputs = 3,
                         .onnx_since = 9,
                         .infer = infer,
                         .reference = reference};

}  // namespace dyce::ops::where
