// The maximum of each plane: (N, C, ..) becomes (N, C, 1, ..). ONNX GlobalMaxPool-22.
#include "ops/lowering/post_ops.h"
#include "ops/pool.h"

namespace dyce::ops::global_max_pool {

extern const OpSpec spec;

namespace {

std::vector<TensorType> infer(const OpCall& call) { return infer_pool(call, global_window(call)); }

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    max_over(global_window(call), in[0], out[0]);
}

void lower(const OpCall& call, Lowering& lowering) {
    if (!lower_pool(dnnl::algorithm::pooling_max, global_window(call), lowering))
        lower_by_reference(spec, call, lowering);
}

}  // namespace

extern const OpSpec spec{
    .name = "GlobalMaxPool", .onnx_since = 6, .infer = infer, .reference = reference, .lower = lower};

}  // namespace dyce::ops::global_max_pool
