#include "ops/arithmetic.h"

#include "ops/lowering/post_ops.h"
#include "ops/lowering/select_implementation.h"

namespace dyce::ops {
namespace {

// The operand whose layout the result takes: one that has the result's shape. It must be the first of the
// primitive's sources, so only a commutative operator may be led by its second operand. -1: neither fits.
int leading_operand(const OpSpec& spec, const Lowering& lowering) {
    const bool commutes = spec.binary == BinaryKind::kAdd || spec.binary == BinaryKind::kMul;
    const auto fits = [&](int i) { return lowering.input_type(i) == lowering.output_type(0); };
    const bool second_is_better =
        lowering.constant(0) != nullptr || (!lowering.can_overwrite(0) && lowering.can_overwrite(1));
    if (commutes && fits(1) && (!fits(0) || second_is_better)) return 1;
    return fits(0) ? 0 : -1;
}

// oneDNN 2.6 reads past a post-op's operand of one value per channel where channels stand neither in
// row-major order, nor in blocks, nor last.
bool takes_post_ops_on(const MemoryDesc& layout, const Dims& dims) {
    if (is_plain(layout)) return true;
    if (dims.size() < 3 || dims.size() > 5) return false;
    const std::string name = layout_name(layout);  // "aBcd16b" when in blocks
    return layout == channels_last_desc(dims) || name.rfind("aB", 0) == 0;
}

}  // namespace

std::vector<TensorType> infer_arithmetic(const OpCall& call) {
    const TensorType &a = call.inputs[0], &b = call.inputs[1];
    if (a.dtype != b.dtype || a.dtype == DataType::kBool)
        call.fail(std::string("operands are ") + name_of(a.dtype) + " and " + name_of(b.dtype) +
                  ", expected numbers of one type");
    return {{a.dtype, broadcast_shape(call, a.shape, b.shape)}};
}

void lower_arithmetic(const OpSpec& spec, const OpCall& call, Lowering& lowering) {
    const int lead = leading_operand(spec, lowering);
    if (lead < 0) return lower_by_reference(spec, call, lowering);
    const MemoryDesc plain = plain_desc(lowering.output_type(0));
    const Dims dims = dims_of(plain);
    for (const MemoryDesc& layout : {like(lowering.input(lead).desc, dims), plain}) {
        if (!call.post_ops.empty() && !takes_post_ops_on(layout, dims)) continue;
        const auto follow = [&](int operand) {
            const Dims own = dims_of_rank(dims.size(), lowering.input_type(operand).shape);
            return input_of_rank(operand, like(layout, own), lowering);
        };
        Fusion fusion = fuse(call, lowering, {}, {}, follow);
        const Buffer other = follow(1 - lead);
        const auto descriptor = skip_plain_loops(onednn::binary(
            lowering.engine(), algorithm_of(spec.binary), layout, other.desc, layout, fusion.attributes));
        if (!descriptor) continue;
        const Buffer source = lowering.input_as(lead, layout);
        const bool in_place = source.id == lowering.input(lead).id && lowering.can_overwrite(lead);
        fusion.arguments.push_back({DNNL_ARG_SRC_0, source});
        fusion.arguments.push_back({DNNL_ARG_SRC_1, other});
        fusion.arguments.push_back(
            {DNNL_ARG_DST, in_place ? lowering.output_over(0, lead) : lowering.output(0, layout)});
        return lowering.run(descriptor, std::move(fusion.arguments));
    }
    lower_by_reference(spec, call, lowering);
}

}  // namespace dyce::ops
