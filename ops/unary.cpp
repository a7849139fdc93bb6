#include "ops/unary.h"

#include "ops/lowering/post_ops.h"
#include "ops/lowering/select_implementation.h"
#include "ops/spec/checks.h"

namespace dyce::ops {
namespace {

// One primitive a stage; none at all when oneDNN lacks one for this layout.
std::vector<onednn::Descriptor> describe(std::span<const EltwiseStage> stages, const MemoryDesc& layout,
                                         const Lowering& lowering) {
    std::vector<onednn::Descriptor> primitives;
    for (const EltwiseStage& stage : stages) {
        primitives.push_back(
            skip_plain_loops(onednn::eltwise(lowering.engine(), algorithm_of(stage.kind), stage.alpha,
                                             stage.beta, layout, onednn::user_scratchpad())));
        if (!primitives.back()) return {};
    }
    return primitives;
}

}  // namespace

std::vector<TensorType> infer_same(const OpCall& call) {
    expect_float32(call);
    return {call.inputs[0]};
}

void lower_unary(const OpSpec& spec, const OpCall& call, Lowering& lowering) {
    const auto stages = spec.eltwise(call);
    Buffer source = lowering.input(0);
    bool in_place = lowering.can_overwrite(0);
    auto primitives = describe(stages, source.desc, lowering);
    if (primitives.empty()) {  // blocks with padding, and f(0) is not 0
        source = lowering.plain_input(0);
        in_place = false;
        primitives = describe(stages, source.desc, lowering);
    }
    if (primitives.empty()) return lower_by_reference(spec, call, lowering);
    const Buffer destination = in_place ? lowering.output_over(0, 0) : lowering.output(0, source.desc);
    for (const auto& primitive : primitives) {
        lowering.run(primitive, {{DNNL_ARG_SRC, source}, {DNNL_ARG_DST, destination}});
        source = destination;
    }
}

}  // namespace dyce::ops
