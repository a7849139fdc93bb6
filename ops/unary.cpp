#include "ops/unary.h"

#include "ops/lowering.h"
#include "ops/post_ops.h"

namespace dyce::ops {

std::vector<TensorType> infer_same(const OpCall& call) { return {call.inputs[0]}; }

void lower_unary(const OpSpec& spec, const OpCall& call, Lowering& lowering) {
    const auto stages = spec.eltwise(call);
    if (stages.empty()) return lower_by_reference(spec, call, lowering);
    const Buffer source = lowering.input(0);
    Fusion fusion = fuse(call, lowering, std::span(stages).subspan(1));
    const auto descriptor = onednn::eltwise(lowering.engine(), algorithm_of(stages[0].kind), stages[0].alpha,
                                            stages[0].beta, source.desc, fusion.attributes);
    if (!descriptor) return lower_by_reference(spec, call, lowering);
    const Buffer destination =
        lowering.can_overwrite(0) ? lowering.output_over(0, 0) : lowering.output(0, source.desc);
    fusion.arguments.push_back({DNNL_ARG_SRC, source});
    fusion.arguments.push_back({DNNL_ARG_DST, destination});
    lowering.run(descriptor, std::move(fusion.arguments));
}

}  // namespace dyce::ops
