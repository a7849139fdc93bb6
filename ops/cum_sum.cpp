// Sums of the elements up to each along `axis`, without that itself when `exclusive`, from the end when
// `reverse`. ONNX CumSum-14; `axis` is an attribute here.
#include "ops/lowering/element_copy.h"
#include "ops/spec/checks.h"
#include "ops/spec/element_type.h"

#include <type_traits>

namespace dyce::ops::cum_sum {
namespace {

constexpr AttributeSpec kAttributes[] = {{"axis", AttributeKind::kInt, true},
                                         {"exclusive", AttributeKind::kInt},
                                         {"reverse", AttributeKind::kInt}};

int axis_of(const OpCall& call) {
    return resolve_axis(call, call.attributes.integer("axis", 0), call.inputs[0].shape.rank());
}

std::vector<TensorType> infer(const OpCall& call) {
    if (call.inputs[0].dtype == DataType::kBool) call.fail("input 0 is bool, expected numbers");
    (void)axis_of(call);
    return {call.inputs[0]};
}

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const int axis = axis_of(call);
    const bool exclusive = call.attributes.integer("exclusive", 0) != 0;
    const bool reverse = call.attributes.integer("reverse", 0) != 0;
    const std::int64_t count = in[0].shape[axis], step = stride_of(in[0].shape, axis);
    const std::int64_t rows = in[0].shape.elements() == 0 ? 0 : in[0].shape.elements() / count;
    with_element_type(in[0].dtype, [&]<class T>(T) {
        using Sum = std::conditional_t<std::is_integral_v<T>, std::uint64_t, double>;  // integers wrap around
        for (std::int64_t row = 0; row < rows; ++row) {
            const std::int64_t start = row / step * step * count + row % step;
            Sum sum = 0;
            for (std::int64_t i = 0; i < count; ++i) {
                const std::int64_t at = start + (reverse ? count - 1 - i : i) * step;
                const auto x = static_cast<Sum>(in[0].data<T>()[at]);
                out[0].data<T>()[at] = static_cast<T>(exclusive ? sum : sum + x);
                sum += x;
            }
        }
    });
}

}  // namespace

extern const OpSpec spec{.name = "CumSum", .attributes = kAttributes, .infer = infer, .reference = reference};

}  // namespace dyce::ops::cum_sum
