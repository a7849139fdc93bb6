// The maximum of the input under each window; padding never wins. ONNX MaxPool-22 without its second output
// (indices), which is all that `storage_order` is about.
#include "ops/lowering/post_ops.h"
#include "ops/pool.h"

namespace dyce::ops::max_pool {

extern const OpSpec spec;

namespace {

constexpr AttributeSpec kAttributes[] = {
    {"auto_pad", AttributeKind::kString}, {"ceil_mode", AttributeKind::kInt},
    {"dilations", AttributeKind::kInts},  {"kernel_shape", AttributeKind::kInts, true},
    {"pads", AttributeKind::kInts},       {"storage_order", AttributeKind::kInt},
    {"strides", AttributeKind::kInts}};

std::vector<TensorType> infer(const OpCall& call) { return infer_pool(call, pool_window(call)); }

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    max_over(pool_window(call), in[0], out[0]);
}

void lower(const OpCall& call, Lowering& lowering) {
    if (!lower_pool(dnnl::algorithm::pooling_max, pool_window(call), lowering))
        lower_by_reference(spec, call, lowering);
}

}  // namespace

extern const OpSpec spec{
    .name = "MaxPool", .attributes = kAttributes, .infer = infer, .reference = reference, .lower = lower};

}  // namespace dyce::ops::max_pool
