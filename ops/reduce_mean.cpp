// The mean over axes. ONNX ReduceMean-18; `axes` is an attribute here.
#include "ops/lowering/post_ops.h"
#include "ops/pool.h"
#include "ops/reduce.h"

#include <algorithm>

namespace dyce::ops::reduce_mean {

extern const OpSpec spec;

namespace {

void reference(const OpCall& call, std::span<const TensorView> in, std::span<const MutableTensorView> out) {
    const std::int64_t outputs = out[0].shape.elements();
    const double count =
        outputs == 0 ? 1 : static_cast<double>(in[0].shape.elements()) / static_cast<double>(outputs);
    sum_over(call, count, in[0], out[0]);
}

// (N, C, spatial ..) with exactly the spatial axes reduced.
bool is_global_pool(const OpCall& call) {
    const auto reduced = reduced_axes(call);
    if (reduced.size() < 3 || reduced.size() > 5 || reduced[0] || reduced[1]) return false;
    return std::count(reduced.begin(), reduced.end(), false) == 2;
}

void lower(const OpCall& call, Lowering& lowering) {
    if (!is_global_pool(call) ||
        !lower_pool(dnnl::algorithm::pooling_avg_exclude_padding, global_window(call), lowering))
        lower_by_reference(spec, call, lowering);
}

}  // namespace

extern const OpSpec spec{.name = "ReduceMean",
                         .attributes = kReduceAttributes,
                         .infer = infer_reduce,
                         .reference = reference,
                         .lower = lower};

}  // namespace dyce::ops::reduce_mean
