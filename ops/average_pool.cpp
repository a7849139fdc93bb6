// The average of the input under each window. Padding is left out of the count, or with `count_include_pad`
// counts as zeros; what ceil_mode lets a window reach beyond the declared padding never counts.
// ONNX AveragePool-22.
#include "ops/lowering/post_ops.h"
#include "ops/pool.h"

#include <algorithm>

namespace dyce::ops::average_pool {

extern const OpSpec spec;

namespace {

constexpr AttributeSpec kAttributes[] = {{"auto_pad", AttributeKind::kString},
                                         {"ceil_mode", AttributeKind::kInt},
                                         {"count_include_pad", AttributeKind::kInt},
                                         {"dilations", AttributeKind::kInts},
                                         {"kernel_shape", AttributeKind::kInts, true},
                                         {"pads", AttributeKind::kInts},
                                         {"strides", AttributeKind::kInts}};

bool includes_pad(const OpCall& call) { return call.attributes.integer("count_include_pad", 0) != 0; }

std::vector<TensorType> infer(const OpCall& call) { return infer_pool(call, pool_window(call)); }

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    average_over(pool_window(call), includes_pad(call), in[0], out[0]);
}

void lower(const OpCall& call, Lowering& lowering) {
    const Window window = pool_window(call);
    // Where padding counts, oneDNN divides by the whole window, however far it reaches.
    const bool inside = std::all_of(window.begin(), window.end(), [](const WindowAxis& axis) {
        return axis.reach() <= axis.input + axis.pad_end;
    });
    const auto algorithm = includes_pad(call) ? dnnl::algorithm::pooling_avg_include_padding
                                              : dnnl::algorithm::pooling_avg_exclude_padding;
    if ((includes_pad(call) && !inside) || !lower_pool(algorithm, window, lowering))
        lower_by_reference(spec, call, lowering);
}

}  // namespace

extern const OpSpec spec{
    .name = "AveragePool", .attributes = kAttributes, .infer = infer, .reference = reference, .lower = lower};

}  // namespace dyce::ops::average_pool
